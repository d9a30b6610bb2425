/** One service of a domain and how to find its servers (RFC 3403 §4.1). */
export interface NaptrRecord {
  readonly order: number
  readonly preference: number
  /** `'s'` where `replacement` is the name of SRV records; SIP has no other (RFC 3263 §4.1). */
  readonly flags: string
  /** `'SIP+D2U'`, `'SIPS+D2T'`, ... */
  readonly service: string
  readonly replacement: string
}

/** One server of a service (RFC 2782). */
export interface SrvRecord {
  /** Lower ones are tried first. */
  readonly priority: number
  /** The share of requests among servers of one priority. */
  readonly weight: number
  readonly port: number
  /** A host name; `'.'` or nothing says that the service is not offered. */
  readonly target: string
}

/** What the name service says. */
export interface DnsAnswer<T> {
  readonly records: readonly T[]
  /** For how many seconds that is so; undefined where it is not known. */
  readonly ttl?: number | undefined
}

/**
 * What the resolver asks the name service for. Node's system resolver by default; tests hand in a table.
 *
 * A name that does not exist, or has no records of the kind, may be told by an answer without records or by a
 * rejection; whatever the error is, it is taken to mean that there are none just now.
 */
export interface Dns {
  /** The addresses of a host name: IPv4 and IPv6 literals in the order in which they should be tried. */
  lookup(host: string): Promise<DnsAnswer<string>>
  /** The SRV records of a name such as `_sip._udp.example.com`. */
  srv(name: string): Promise<DnsAnswer<SrvRecord>>
  /** The NAPTR records of a domain. */
  naptr(name: string): Promise<DnsAnswer<NaptrRecord>>
}
