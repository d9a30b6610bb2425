import { TransportError } from '../base/errors.ts'
import type { SipUri } from '../message/index.ts'
import type { Dns } from './dns.ts'
import type { Address, TransportProtocol } from './transport.ts'

/** Where to send a request next: one address over one transport. */
export interface Target {
  readonly protocol: TransportProtocol
  readonly address: Address
}

// A map, as the keys come from peers: an object would know 'constructor' too.
const PROTOCOLS: ReadonlyMap<string, TransportProtocol> = new Map([
  ['udp', 'UDP'],
  ['tcp', 'TCP'],
  ['tls', 'TLS'],
  ['ws', 'WS'],
  ['wss', 'WSS'],
])
const SECURED: Readonly<Partial<Record<TransportProtocol, TransportProtocol>>> = { TCP: 'TLS', WS: 'WSS' }

/**
 * Finds the addresses behind a URI (RFC 3263 §4, without NAPTR and SRV records).
 *
 * Numeric hosts are answered at once, so that nothing waits which need not; names ask the `Dns`.
 *
 * @see pjsip_resolve
 */
export class Resolver {
  readonly #dns: Dns

  constructor(dns: Dns) {
    this.#dns = dns
  }

  /**
   * The targets for `uri`, best first; never an empty list.
   *
   * @throws TransportError when the URI asks for a transport that is not known, or (rejects) when its host has
   *   no address
   */
  resolve(uri: SipUri): readonly Target[] | Promise<readonly Target[]> {
    const protocol = protocolOf(uri)
    const port = uri.port ?? (protocol === 'TLS' || protocol === 'WSS' ? 5061 : 5060)
    const host = unbracketed(uri.params.get('maddr') ?? uri.host)
    if (isNumeric(host)) return [{ protocol, address: { host, port } }]
    return this.#dns.lookup(host).then(
      (addresses) => {
        if (addresses.length === 0) throw new TransportError(`${host} has no address`)
        return addresses.map((address) => ({ protocol, address: { host: address, port } }))
      },
      (cause) => {
        throw new TransportError(`the address of ${host} could not be looked up`, { cause })
      },
    )
  }
}

/**
 * The transport that a URI asks for; else UDP, or TLS for sips (RFC 3263 §4.1).
 *
 * @throws TransportError when it asks for one that is not known, or for UDP although it is a sips URI
 */
export function protocolOf(uri: SipUri): TransportProtocol {
  const wanted = uri.params.get('transport')
  const secure = uri.scheme === 'sips'
  if (typeof wanted !== 'string') return secure ? 'TLS' : 'UDP'
  const protocol = PROTOCOLS.get(wanted.toLowerCase())
  if (protocol === undefined)
    throw new TransportError(`${uri} asks for the transport '${wanted}', which is not known`)
  if (!secure) return protocol
  const secured = SECURED[protocol] ?? protocol
  if (secured === 'UDP') throw new TransportError(`${uri} must not be reached over UDP (RFC 3261 §26.2.2)`)
  return secured
}

/** Whether `host` is an IPv4 or IPv6 literal (without brackets) rather than a name. */
export function isNumeric(host: string): boolean {
  if (host.includes(':')) return true
  const parts = host.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

/** An IPv6 reference without its brackets; any other host as it is. */
export function unbracketed(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
