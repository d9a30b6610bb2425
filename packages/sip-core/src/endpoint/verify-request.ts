import type { ExtraHeaders } from '../body/index.ts'
import { ProxyRequire, Require, type SipRequest } from '../message/index.ts'
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
    return KNOWN_METHODS.has(method) ? { status: 405, headers: allow } : { status: 501, headers: allow }
  }
  if (uri.type === 'other') return { status: 416 }
  if (method === 'ACK' || method === 'CANCEL') return undefined
  const unsupported = [...headers.getAll(Require), ...headers.getAll(ProxyRequire)].filter(
    (tag) => !capabilities.extensions.has(tag),
  )
  if (unsupported.length > 0) return { status: 420, headers: { Unsupported: unsupported.join(', ') } }
  return undefined
}
