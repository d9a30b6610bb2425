import type { SipUri, Uri } from '../message/index.ts'
import { type Address, unbracketed } from '../transport/index.ts'

/** What is this element's own: the addresses of its transports, and the domains it answers for. */
export class OwnAddresses {
  readonly #addresses: () => readonly Address[]
  readonly #domains: ReadonlySet<string>

  /**
   * @param addresses asked each time, as what peers are told may change
   * @param domains host names; case does not count
   */
  constructor(addresses: () => readonly Address[], domains: Iterable<string> = []) {
    this.#addresses = addresses
    this.#domains = new Set([...domains].map((domain) => unbracketed(domain).toLowerCase()))
  }

  /**
   * Whether a URI leads here: its host is a domain of ours, with no port or one that we listen on, or the address of
   * a transport. Its user does not count.
   */
  has(uri: Uri): uri is SipUri {
    if (uri.type !== 'sip') return false
    const host = unbracketed(uri.host).toLowerCase()
    const { port } = uri
    if (this.#domains.has(host)) {
      return port === undefined || this.#addresses().some((address) => address.port === port)
    }
    const wanted = port ?? (uri.scheme === 'sips' || uri.transport === 'tls' ? 5061 : 5060)
    return this.#addresses().some((address) => address.host.toLowerCase() === host && address.port === wanted)
  }
}
