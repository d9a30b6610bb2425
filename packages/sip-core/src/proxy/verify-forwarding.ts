import type { Refusal } from '../endpoint/index.ts'
import { MaxForwards, ProxyRequire, type SipRequest } from '../message/index.ts'
import type { Address } from '../transport/index.ts'
import { isLooped } from './branch-id.ts'

/** What a request is looked at with before it is forwarded. */
export interface ForwardingRules {
  /** The addresses that this element writes into Via. */
  readonly own: readonly Address[]
  /** Option tags in Proxy-Require that this element can live up to. */
  readonly extensions: ReadonlySet<string>
}

/**
 * Looks at a request as every proxy does before it forwards it (RFC 3261 §16.3): is the scheme known (416), may it go
 * on (483), does it not go round in circles (482), can the proxy do what is asked of it (420). Require is for the
 * other end. Undefined: it may be forwarded.
 */
export function verifyForwarding(request: SipRequest, rules: ForwardingRules): Refusal | undefined {
  const { uri, headers, method } = request
  if (uri.type === 'other') return { status: 416 }
  if (headers.get(MaxForwards) === 0) return { status: 483 }
  if (isLooped(request, rules.own)) return { status: 482 }
  // RFC 3261 §8.2.2.3: neither can be refused for that.
  if (method === 'ACK' || method === 'CANCEL') return undefined
  const unknown = headers.getAll(ProxyRequire).filter((tag) => !rules.extensions.has(tag))
  return unknown.length === 0 ? undefined : { status: 420, headers: { Unsupported: unknown.join(', ') } }
}
