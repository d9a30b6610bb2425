import { type SipRequest, type Uri, Via } from 'sip-core'

/**
 * Where the sender of a request that makes a dialog can be reached: its Contact (RFC 3261 §12.1.1). A peer of the time
 * before RFC 3261, whose Via has no branch of today's kind, may have sent none, and is looked for where its From says
 * (RFC 2543). Undefined when there is no such place.
 */
export function uasRemoteTarget({ contact, headers, from }: SipRequest): Uri | undefined {
  if (contact !== undefined) return contact.uri
  const via = headers.get(Via)
  return via === undefined || via.branch?.startsWith('z9hG4bK') ? undefined : from.uri
}
