import type { ExtraHeaders } from '../body/index.ts'
import { Require, type SipRequest } from '../message/index.ts'
import type { Capabilities } from './capabilities.ts'

/** Why a request cannot be taken, and what the response says. */
export interface Refusal {
  readonly status: number
  readonly headers?: ExtraHeaders
}

// What RFC 3261 and its extensions define: somebody may know it where we do not (405), the rest nobody knows (501).
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'REGISTER', 'OPTIONS', 'INFO', 'PRACK', 'UPDATE'],
  ...['SUBSCRIBE', 'NOTIFY', 'REFER', 'MESSAGE', 'PUBLISH'],
])

/** Whether somebody here takes requests of this method, or might elsewhere: 501 is the answer to all others. */
export function isKnownMethod(method: string, { methods }: Capabilities): boolean {
  return methods.has(method) || KNOWN_METHODS.has(method)
}

/**
 * Looks at a request as every server does before it looks at the method's own meaning: method, Request-URI
 * scheme, required extensions (RFC 3261 §8.2.1 to §8.2.3). Undefined when it can be taken.
 *
 * @see pjsip_inv_verify_request
 */
export function verifyRequest(request: SipRequest, capabilities: Capabilities): Refusal | undefined {
  const { method, uri, headers } = request
  if (!capabilities.methods.has(method)) {
    const allow = { Allow: [...capabilities.methods].join(', ') }
    return { status: isKnownMethod(method, capabilities) ? 405 : 501, headers: allow }
  }
  if (uri.type === 'other') return { status: 416 }
  if (method === 'ACK' || method === 'CANCEL') return undefined
  // Proxy-Require is for proxies alone (RFC 3261 §20.29).
  const unsupported = headers.getAll(Require).filter((tag) => !capabilities.extensions.has(tag))
  if (unsupported.length > 0) return { status: 420, headers: { Unsupported: unsupported.join(', ') } }
  return undefined
}
