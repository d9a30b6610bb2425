import { type SipRequest, type Uri, Via, type ViaValue } from '../message/index.ts'
import { unbracketed } from './host.ts'
import type { ReceivedRequest } from './received.ts'
import { type Address, bracketed, type Transport } from './transport.ts'

/**
 * A transport's address as it stands in a Via and a Contact: without a port where it cannot be connected to
 * (RFC 7118 Appendix B.1).
 */
export function sentBy({ local }: Pick<Transport, 'local'>): {
  readonly host: string
  readonly port: number | undefined
} {
  return { host: bracketed(local.host), port: local.port === 0 ? undefined : local.port }
}

/**
 * Whether requests to this URI can go over a connection only that its owner has opened: it names nobody's host
 * (RFC 7118 Appendix B.1, RFC 2606 §2), or wishes so itself (`ob`, RFC 5626 §4.3).
 */
export function isBoundToFlow(uri: Uri): boolean {
  return uri.type === 'sip' && (uri.params.has('ob') || /\.invalid\.?$/i.test(uri.host))
}

/**
 * The top Via of a received request with what the receiver adds to it: `received` where the sender named
 * another host than the packets come from, and the port where it asked for it (RFC 3261 §18.2.1, RFC 3581 §4).
 * The request itself stays as it came.
 */
export function stampedVia(request: SipRequest, source: Address): ViaValue {
  const via = request.via
  if (via.rport !== undefined) {
    return via.with({ params: via.params.with('received', source.host).with('rport', String(source.port)) })
  }
  const sameHost = unbracketed(via.host).toLowerCase() === source.host.toLowerCase()
  return sameHost ? via : via.with({ params: via.params.with('received', source.host) })
}

/** Where a response goes over an unreliable transport (RFC 3261 §18.2.2, RFC 3581 §4). */
export function responseAddress({ message, flow }: ReceivedRequest): Address {
  const via = message.headers.get(Via) as ViaValue
  const maddr = via.params.get('maddr')
  if (typeof maddr === 'string') return { host: unbracketed(maddr), port: via.port ?? 5060 }
  if (via.rport !== undefined) return flow.remote
  return { host: flow.remote.host, port: via.port ?? 5060 }
}
