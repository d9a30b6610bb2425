import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { SipUri } from '../message/index.ts'
import { AvoidedTargets } from './avoided-targets.ts'
import type { Dns } from './dns.ts'
import { DnsCache, type DnsCacheOptions, type Found } from './dns-cache.ts'
import { locate, locateSender, type Search, type SearchContext } from './locate.ts'
import type { ReceivedRequest } from './received.ts'
import type { Target } from './target.ts'
import type { Transport } from './transport.ts'

/** How names become addresses. */
export interface ResolverOptions extends DnsCacheOptions {
  /**
   * Host names and their addresses, IPv4 or IPv6 literals, for which the name service is not asked; `srv.example.com`
   * is then all there is to know of it: no NAPTR or SRV records are looked for. Case does not matter.
   */
  readonly hosts?: Readonly<Record<string, readonly string[]>> | undefined
}

/** What the resolver works with. */
export interface ResolverContext {
  readonly dns: Dns
  readonly clock: Clock
  readonly random: Random
  /** Those that this end can send over: nothing else is asked for. */
  readonly transports: readonly Transport[]
  readonly options?: ResolverOptions | undefined
}

/**
 * Finds the addresses behind a URI by NAPTR, SRV, A and AAAA records (RFC 3263), and keeps what it was told for as
 * long as it is valid.
 *
 * @see pjsip_resolve
 */
export class Resolver {
  readonly #cache: DnsCache
  readonly #search: SearchContext
  readonly #avoided: AvoidedTargets

  constructor({ dns, clock, random, transports, options = {} }: ResolverContext) {
    this.#cache = new DnsCache(dns, clock, options)
    this.#avoided = new AvoidedTargets(clock)
    const hosts = new Map(Object.entries(options.hosts ?? {}).map(([host, to]) => [host.toLowerCase(), to]))
    this.#search = {
      random,
      override: (host) => hosts.get(host),
      speaks: (wanted) => transports.some(({ protocol }) => protocol === wanted),
      reaches: (wanted, host) =>
        transports.some(({ protocol, local }) => protocol === wanted && isIPv6(local.host) === isIPv6(host)),
    }
  }

  /**
   * The targets for `uri`, best first; never an empty list. At once where nothing has to be asked: for numeric
   * hosts, and for what is known already.
   *
   * @throws TransportError (or rejects with it) when the URI asks for a transport that is not known, or its host has
   *   no address
   */
  resolve(uri: SipUri): readonly Target[] | Promise<readonly Target[]> {
    const targets = this.#run(locate(uri, this.#search))
    return targets instanceof Promise
      ? targets.then((found) => this.#avoided.last(found))
      : this.#avoided.last(targets)
  }

  /**
   * Where the response to `received` may go when the flow on which it came fails, best first; never an empty list
   * (RFC 3261 §18.2.2, RFC 3263 §5).
   */
  responseTargets({ message, flow }: ReceivedRequest): readonly Target[] | Promise<readonly Target[]> {
    return this.#run(locateSender(message.via, flow.remote, flow.transport.protocol, this.#search))
  }

  /**
   * Has a target tried after all others for `duration` milliseconds, as it asked for that itself (503 with
   * Retry-After, RFC 3261 §21.5.4) or does not answer.
   */
  avoid(target: Target, duration: number): void {
    this.#avoided.add(target, duration)
  }

  /** Whether `target` should be left alone now. */
  avoids(target: Target): boolean {
    return this.#avoided.has(target)
  }

  #run<T>(search: Search<T>, told?: readonly Found<unknown>[]): T | Promise<T> {
    let step = told === undefined ? search.next([]) : search.next(told)
    while (step.done !== true) {
      const { kind, names } = step.value
      const answers = names.map((name) => this.#cache.ask(kind, name))
      if (answers.some((answer) => answer instanceof Promise))
        return Promise.all(answers).then((known) => this.#run(search, known))
      step = search.next(answers as readonly Found<unknown>[])
    }
    return step.value
  }
}

function isIPv6(host: string): boolean {
  return host.includes(':')
}
