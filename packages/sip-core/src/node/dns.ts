import { promises as dns } from 'node:dns'
import type { Dns, DnsAnswer } from '../transport/index.ts'

/** Whom to ask, and how patiently. */
export interface NodeDnsOptions {
  /**
   * Name servers to ask, `'192.0.2.53'` or `'[2001:db8::53]:5353'`. Default: the system's, and for addresses
   * whatever the system asks besides, its hosts file first.
   */
  readonly servers?: readonly string[] | undefined
  /** Milliseconds until a server is asked again; default 1000. */
  readonly timeout?: number | undefined
  /** How often each server is asked; default 2. */
  readonly tries?: number | undefined
}

/**
 * The name service as Node knows it.
 *
 * Addresses come from the system's own resolver, so that a name means here what it means to every other program of
 * the machine; how long they are valid, which that does not tell, from the name servers if they say the same. Node
 * tells no such time for SRV and NAPTR records.
 */
export function nodeDns(options: NodeDnsOptions = {}): Dns {
  const { servers, timeout = 1000, tries = 2 } = options
  const resolver = new dns.Resolver({ timeout, tries })
  if (servers !== undefined) resolver.setServers(servers)
  const askServers = (host: string) => addressesOf(resolver, host)
  return {
    lookup: servers === undefined ? (host) => askSystem(host, askServers(host)) : askServers,
    srv: async (name) => ({
      records: (await resolver.resolveSrv(name)).map(({ name: target, ...record }) => ({
        ...record,
        target,
      })),
    }),
    naptr: async (name) => ({ records: await resolver.resolveNaptr(name) }),
  }
}

async function askSystem(host: string, servers: Promise<DnsAnswer<string>>): Promise<DnsAnswer<string>> {
  const [system, answer] = await Promise.allSettled([dns.lookup(host, { all: true }), servers])
  if (system.status === 'rejected') throw system.reason
  const records = system.value.map(({ address }) => address)
  if (answer.status === 'rejected') return { records }
  const same = records.every((address) => answer.value.records.includes(address))
  return { records, ttl: same ? answer.value.ttl : undefined }
}

// IPv4 first: on networks where only one family works it is this one.
async function addressesOf(resolver: dns.Resolver, host: string): Promise<DnsAnswer<string>> {
  const [four, six] = await Promise.allSettled([
    resolver.resolve4(host, { ttl: true }),
    resolver.resolve6(host, { ttl: true }),
  ])
  const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (found.length === 0 && four.status === 'rejected') throw four.reason
  return { records: found.map(({ address }) => address), ttl: Math.min(...found.map(({ ttl }) => ttl)) }
}
