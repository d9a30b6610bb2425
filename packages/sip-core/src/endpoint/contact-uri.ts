import { Params, SipUri, type Uri } from '../message/index.ts'
import { type Address, sentBy, type Transport, type TransportProtocol } from '../transport/index.ts'

/** What says in a URI by which transport it is reached: UDP and, with sips, TLS need no word (RFC 3263 §4.1). */
const PARAM: Readonly<Record<TransportProtocol, string | undefined>> = {
  UDP: undefined,
  TCP: 'tcp',
  TLS: undefined,
  WS: 'ws',
  // RFC 7118 §5.2.2: with sips it is the secure one.
  WSS: 'ws',
}

/**
 * Where a user is reached over a transport, as it is told to a peer. What cannot be connected to is reached over the
 * connection that it has opened itself, and says so (`ob`, RFC 5626 §4.3); sips, by which others would be told to
 * connect securely, is for peers that use it too then (RFC 3261 §8.1.1.8).
 *
 * @param address what the transport is told to be reached at; default its own address
 */
export function contactUri(
  transport: Transport,
  user: string | undefined,
  peer: Uri,
  address: Address = transport.local,
): SipUri {
  const { host, port } = sentBy({ local: address })
  const flowOnly = port === undefined
  const name = PARAM[transport.protocol]
  const secure = transport.secure && (!flowOnly || (peer.type === 'sip' && peer.scheme === 'sips'))
  const params: [string, string | null][] = []
  if (name !== undefined) params.push(['transport', name])
  if (flowOnly) params.push(['ob', null])
  return new SipUri({ scheme: secure ? 'sips' : 'sip', user, host, port, params: Params.of(params) })
}
