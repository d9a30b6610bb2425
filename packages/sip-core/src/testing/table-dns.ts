import type { Dns, DnsAnswer, NaptrRecord, SrvRecord } from '../transport/index.ts'

/** What a `TableDns` knows; names in lower case, without the dot at the end. */
export interface Zone {
  /** Host names and their addresses. */
  readonly address?: Readonly<Record<string, readonly string[]>>
  /** `'_sip._udp.example.com': ['10 60 5060 a.example.com']`: priority, weight, port, target. */
  readonly srv?: Readonly<Record<string, readonly string[]>>
  /** `'example.com': ['10 50 s SIP+D2U _sip._udp.example.com']`: order, preference, flags, service, replacement. */
  readonly naptr?: Readonly<Record<string, readonly string[]>>
  /** Seconds; default: not known. */
  readonly ttl?: number
}

/**
 * A name service out of a table, which keeps what it was asked.
 *
 * ```ts
 * const dns = new TableDns({
 *   srv: { '_sip._udp.example.com': ['10 0 5060 a.example.com', '20 0 5060 b.example.com'] },
 *   address: { 'a.example.com': ['192.0.2.1'], 'b.example.com': ['192.0.2.2'] },
 * })
 * const endpoint = await Endpoint.start({ ...network.platform(), dns }, [network.udp('192.0.2.9')])
 * ```
 */
export class TableDns implements Dns {
  /** May be exchanged at any time. */
  zone: Zone
  readonly #asked: string[] = []

  constructor(zone: Zone) {
    this.zone = zone
  }

  /** What was asked since this was read last: `'srv _sip._udp.example.com'`, `'address a.example.com'`, ... */
  asked(): readonly string[] {
    return this.#asked.splice(0)
  }

  async lookup(host: string): Promise<DnsAnswer<string>> {
    return this.#answer('address', host, (address) => address)
  }

  async srv(name: string): Promise<DnsAnswer<SrvRecord>> {
    return this.#answer('srv', name, (line) => {
      const [priority, weight, port, target = ''] = line.split(' ')
      return { priority: Number(priority), weight: Number(weight), port: Number(port), target }
    })
  }

  async naptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    return this.#answer('naptr', name, (line) => {
      const [order, preference, flags = '', service = '', replacement = ''] = line.split(' ')
      return { order: Number(order), preference: Number(preference), flags, service, replacement }
    })
  }

  #answer<T>(kind: 'address' | 'srv' | 'naptr', name: string, read: (line: string) => T): DnsAnswer<T> {
    this.#asked.push(`${kind} ${name}`)
    const table = this.zone[kind]
    if (table === undefined || !Object.hasOwn(table, name)) throw new Error(`no ${kind} records for ${name}`)
    return { records: (table[name] ?? []).map(read), ttl: this.zone.ttl }
  }
}
