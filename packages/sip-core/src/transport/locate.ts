import { TransportError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { SipUri, ViaValue } from '../message/index.ts'
import type { SrvRecord } from './dns.ts'
import type { Found, Records } from './dns-cache.ts'
import { isNumeric, unbracketed } from './host.ts'
import { DEFAULT_PORT, PREFERENCE, wantedProtocol } from './protocol.ts'
import { orderServers } from './srv-order.ts'
import type { Target } from './target.ts'
import type { Address, TransportProtocol } from './transport.ts'

/** Questions of one kind that may be asked at the same time. */
export interface Questions {
  readonly kind: keyof Records
  readonly names: readonly string[]
}

/**
 * A search that says what it has to know, one step after the other, and is told. It does no asking itself: whoever
 * runs it decides where the answers come from, and whether it waits for them.
 */
export type Search<T> = Generator<Questions, T, readonly Found<unknown>[]>

/** What a search goes by. */
export interface SearchContext {
  readonly random: Random
  /** Whether this end can send over `protocol` at all. */
  readonly speaks: (protocol: TransportProtocol) => boolean
  /** Whether this end has a transport of that protocol in the address's family. */
  readonly reaches: (protocol: TransportProtocol, host: string) => boolean
  /** The addresses of a host that is not asked for: an override of the application's. */
  readonly override: (host: string) => readonly string[] | undefined
}

/** A service of a domain over one transport: the name of its SRV records. */
interface Service {
  readonly protocol: TransportProtocol
  readonly name: string
}

interface Server {
  readonly protocol: TransportProtocol
  readonly host: string
  readonly port: number
}

// However many a hostile zone lists: each server costs a question, each target perhaps 32 seconds.
const MOST_SERVICES = 5
const MOST_SERVERS = 10
const MOST_TARGETS = 16

/** RFC 3263 §4.1 and RFC 7118 §5. TLS over TCP is what SIPS+D2T means. */
const NAPTR_SERVICES: ReadonlyMap<string, TransportProtocol> = new Map([
  ['SIP+D2U', 'UDP'],
  ['SIP+D2T', 'TCP'],
  ['SIPS+D2T', 'TLS'],
  ['SIP+D2W', 'WS'],
  ['SIPS+D2W', 'WSS'],
])

// WebSockets have no labels of their own: only NAPTR records lead to their servers.
const SRV_PREFIX: Readonly<Partial<Record<TransportProtocol, string>>> = {
  UDP: '_sip._udp.',
  TCP: '_sip._tcp.',
  TLS: '_sips._tcp.',
}

/**
 * The targets behind a URI, best first (RFC 3263 §4).
 *
 * @throws TransportError when there is none
 */
export function* locate(uri: SipUri, context: SearchContext): Search<readonly Target[]> {
  const domain = hostName(uri.host)
  const host = hostName(uri.params.get('maddr') ?? uri.host)
  const wanted = wantedProtocol(uri)
  const preferred = PREFERENCE[uri.scheme]
  // What nobody here speaks is for the sending to complain of.
  const usual = wanted ?? preferred.find(context.speaks) ?? preferred[0]
  const port = uri.port ?? DEFAULT_PORT[usual]
  const literals = literalsOf(host, context)
  if (literals !== undefined && literals.length > 0) {
    return literals.map((address) => ({ protocol: usual, address: { host: address, port }, domain }))
  }
  // §4.2: with a port there is nothing to look for but the addresses.
  if (uri.port !== undefined || literals !== undefined)
    return yield* targetsOf([{ protocol: usual, host, port }], domain, context)
  const services =
    wanted === undefined ? yield* servicesOf(host, preferred.filter(context.speaks)) : srvOf(host, [wanted])
  const { servers, refused } = yield* serversOf(services, context)
  if (servers.length > 0) return yield* targetsOf(servers, domain, context)
  // §4.2: no SRV records; the host itself, over what it has not refused.
  const candidates = services.length > 0 ? services.map(({ protocol }) => protocol) : [usual]
  const protocol = candidates.find((candidate) => !refused.has(candidate))
  if (protocol === undefined)
    throw new TransportError(`${host} does not offer SIP over ${[...refused].join(', ')}`)
  return yield* targetsOf([{ protocol, host, port: DEFAULT_PORT[protocol] }], domain, context)
}

/**
 * Where the response to a request goes when the flow that brought the request fails: to the address that it came
 * from at the port in its top Via, then to whatever that Via's host stands for (RFC 3261 §18.2.2, RFC 3263 §5).
 */
export function* locateSender(
  via: ViaValue,
  { host: source }: Address,
  protocol: TransportProtocol,
  context: SearchContext,
): Search<readonly Target[]> {
  const host = hostName(via.host)
  const port = via.port ?? DEFAULT_PORT[protocol]
  const back: Target = { protocol, address: { host: source, port }, domain: host }
  if (host === source) return [back]
  const asked = via.port === undefined && !isNumeric(host) ? srvOf(host, [protocol]) : []
  const { servers } = yield* serversOf(asked, context)
  try {
    const candidates = servers.length > 0 ? servers : [{ protocol, host, port }]
    const found = yield* targetsOf(candidates, host, context)
    return [back, ...found.filter(({ address }) => address.host !== source || address.port !== port)]
  } catch (error) {
    if (error instanceof TransportError) return [back]
    throw error
  }
}

// §4.1: NAPTR records tell which transports the domain offers; without them its SRV records do.
function* servicesOf(host: string, usable: readonly TransportProtocol[]): Search<readonly Service[]> {
  const [found] = yield* ask('naptr', [host])
  const offered = (found?.records ?? []).flatMap(({ flags, service, replacement, order, preference }) => {
    const protocol = NAPTR_SERVICES.get(service.toUpperCase())
    const name = hostName(replacement)
    const fits =
      protocol !== undefined && usable.includes(protocol) && flags.toLowerCase() === 's' && name !== ''
    return fits ? [{ protocol, name, order, preference }] : []
  })
  if (offered.length === 0) return srvOf(host, usable)
  // RFC 3403 §4.1: once something of one order fits, those of a higher one are out of the question.
  const order = Math.min(...offered.map((service) => service.order))
  return offered
    .filter((service) => service.order === order)
    .sort((a, b) => a.preference - b.preference)
    .slice(0, MOST_SERVICES)
}

function srvOf(host: string, protocols: readonly TransportProtocol[]): readonly Service[] {
  return protocols.flatMap((protocol) => {
    const prefix = SRV_PREFIX[protocol]
    return prefix === undefined ? [] : [{ protocol, name: prefix + host }]
  })
}

function* serversOf(
  services: readonly Service[],
  { random }: SearchContext,
): Search<{ readonly servers: readonly Server[]; readonly refused: ReadonlySet<TransportProtocol> }> {
  const refused = new Set<TransportProtocol>()
  if (services.length === 0) return { servers: [], refused }
  const answers = yield* ask(
    'srv',
    services.map(({ name }) => name),
  )
  const servers = services.flatMap(({ protocol }, index) => {
    const records = answers[index]?.records ?? []
    const offered = records.filter(isOffered)
    if (records.length > 0 && offered.length === 0) refused.add(protocol)
    return orderServers(offered, random).map(({ target, port }) => ({
      protocol,
      host: hostName(target),
      port,
    }))
  })
  return { servers: servers.slice(0, MOST_SERVERS), refused }
}

// RFC 2782, "Target": a lone dot says that the service is decidedly not there.
function isOffered({ target, port }: SrvRecord): boolean {
  return hostName(target) !== '' && port > 0
}

function* targetsOf(
  servers: readonly Server[],
  domain: string,
  context: SearchContext,
): Search<readonly Target[]> {
  const hosts = [...new Set(servers.map(({ host }) => host))]
  const names = hosts.filter((host) => literalsOf(host, context) === undefined)
  const answers = names.length === 0 ? [] : yield* ask('address', names)
  const found = new Map(names.map((name, index) => [name, answers[index]?.records]))
  const targets = servers.flatMap(({ protocol, host, port }) => {
    const all = found.get(host) ?? literalsOf(host, context) ?? []
    // Of the family that this end has, if the host has any; else what comes of it shows when it is sent.
    const reachable = all.filter((address) => context.reaches(protocol, address))
    return (reachable.length > 0 ? reachable : all).map(
      (address): Target => ({ protocol, address: { host: address, port }, domain }),
    )
  })
  if (targets.length > 0) return targets.slice(0, MOST_TARGETS)
  const cause = answers.find(({ error }) => error !== undefined)?.error
  throw cause === undefined
    ? new TransportError(`${hosts.join(', ')} has no address`)
    : new TransportError(`the address of ${hosts.join(', ')} could not be looked up`, { cause })
}

/** The addresses of a host for which nobody has to be asked. */
function literalsOf(host: string, { override }: SearchContext): readonly string[] | undefined {
  return isNumeric(host) ? [host] : override(host)
}

function* ask<K extends keyof Records>(
  kind: K,
  names: readonly string[],
): Generator<Questions, readonly Found<Records[K]>[], readonly Found<unknown>[]> {
  return (yield { kind, names }) as readonly Found<Records[K]>[]
}

// Names are the same in any case, and with or without the dot that ends a full one (RFC 1035 §3.1).
function hostName(host: string): string {
  const name = unbracketed(host).toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}
