import { TransportError } from '../base/errors.ts'
import type { SipUri } from '../message/index.ts'
import type { TransportProtocol } from './transport.ts'

// A map, as the keys come from peers: an object would know 'constructor' too.
const PROTOCOLS: ReadonlyMap<string, TransportProtocol> = new Map([
  ['udp', 'UDP'],
  ['tcp', 'TCP'],
  ['tls', 'TLS'],
  ['ws', 'WS'],
  ['wss', 'WSS'],
])

const SECURED: Readonly<Partial<Record<TransportProtocol, TransportProtocol>>> = { TCP: 'TLS', WS: 'WSS' }

/** In the order of preference where a URI and the name service leave the choice (RFC 3263 §4.1). */
export const PREFERENCE: Readonly<
  Record<'sip' | 'sips', readonly [TransportProtocol, ...TransportProtocol[]]>
> = {
  sip: ['UDP', 'TCP', 'TLS', 'WS', 'WSS'],
  sips: ['TLS', 'WSS'],
}

/** RFC 3261 §19.1.2; for WebSockets the ports of their own specification (RFC 6455 §3). */
export const DEFAULT_PORT: Readonly<Record<TransportProtocol, number>> = {
  UDP: 5060,
  TCP: 5060,
  TLS: 5061,
  WS: 80,
  WSS: 443,
}

/**
 * The transport that a URI asks for (RFC 3263 §4.1), for sips its secure form; undefined if it asks for none.
 *
 * @throws TransportError when it asks for one that is not known, or for UDP although it is a sips URI
 */
export function wantedProtocol(uri: SipUri): TransportProtocol | undefined {
  const wanted = uri.params.get('transport')
  if (typeof wanted !== 'string') return undefined
  const protocol = PROTOCOLS.get(wanted.toLowerCase())
  if (protocol === undefined)
    throw new TransportError(`${uri} asks for the transport '${wanted}', which is not known`)
  if (uri.scheme !== 'sips') return protocol
  const secured = SECURED[protocol] ?? protocol
  if (secured === 'UDP') throw new TransportError(`${uri} must not be reached over UDP (RFC 3261 §26.2.2)`)
  return secured
}

/**
 * The transport that a URI asks for; else UDP, or TLS for sips.
 *
 * @throws TransportError as `wantedProtocol` does
 */
export function protocolOf(uri: SipUri): TransportProtocol {
  return wantedProtocol(uri) ?? (uri.scheme === 'sips' ? 'TLS' : 'UDP')
}
