import type { Clock } from '../base/clock.ts'
import { TransportError } from '../base/errors.ts'
import type { Dns, DnsAnswer, NaptrRecord, SrvRecord } from './dns.ts'

/** How long answers of the name service are kept, and how long it is waited for them. */
export interface DnsCacheOptions {
  /** Seconds for answers whose own time is not known; default 60. */
  readonly defaultTtl?: number | undefined
  /** Seconds at most, whatever the answer says; default 3600. */
  readonly maxTtl?: number | undefined
  /** Seconds for which it is remembered that there was no answer; default 5. 0 asks anew each time. */
  readonly negativeTtl?: number | undefined
  /** Milliseconds after which a question counts as not answered; default 5000. */
  readonly timeout?: number | undefined
  /** Answers kept at most, the oldest goes first; default 10000. */
  readonly cacheSize?: number | undefined
}

/** The kinds of records, and what they look like. */
export interface Records {
  readonly address: string
  readonly srv: SrvRecord
  readonly naptr: NaptrRecord
}

/** What is known of a name: its records, or why there are none. */
export interface Found<T> {
  readonly records: readonly T[]
  readonly error?: unknown
}

type Entry =
  | { readonly state: 'asked'; readonly found: Promise<Found<unknown>> }
  | { readonly state: 'known'; readonly found: Found<unknown>; readonly until: number }

// More than a zone in use has; a hostile one costs no more than this.
const MOST_RECORDS = 64
// RFC 1035 §2.3.4.
const LONGEST_NAME = 253

const ASK: { readonly [K in keyof Records]: (dns: Dns, name: string) => Promise<DnsAnswer<Records[K]>> } = {
  // Async for those that throw instead of rejecting.
  address: async (dns, name) => dns.lookup(name),
  srv: async (dns, name) => dns.srv(name),
  naptr: async (dns, name) => dns.naptr(name),
}

/**
 * Keeps what the name service said for as long as it said, asks once for all who want to know the same, and takes
 * no answer for "no such records" sooner or later. What is known is told at once.
 */
export class DnsCache {
  readonly #dns: Dns
  readonly #clock: Clock
  readonly #options: Required<{ readonly [K in keyof DnsCacheOptions]: number }>
  // In the order in which the answers came.
  readonly #entries = new Map<string, Entry>()

  constructor(dns: Dns, clock: Clock, options: DnsCacheOptions = {}) {
    this.#dns = dns
    this.#clock = clock
    const { defaultTtl = 60, maxTtl = 3600, negativeTtl = 5, timeout = 5000, cacheSize = 10_000 } = options
    this.#options = { defaultTtl, maxTtl, negativeTtl, timeout, cacheSize }
  }

  /** How many answers are kept. */
  get size(): number {
    return this.#entries.size
  }

  /** The records of that kind which `name` has; a promise of them, which never rejects, if they are not known. */
  ask<K extends keyof Records>(kind: K, name: string): Found<Records[K]> | Promise<Found<Records[K]>> {
    const key = `${kind} ${name}`
    const entry = this.#entries.get(key)
    if (entry !== undefined && (entry.state === 'asked' || this.#clock.now() < entry.until))
      return entry.found as Found<Records[K]> | Promise<Found<Records[K]>>
    if (!isName(name)) return { records: [], error: new TransportError(`${name} is no host name`) }
    const found = this.#ask(kind, name).then((answer) => this.#keep(key, answer))
    this.#put(key, { state: 'asked', found })
    return found
  }

  async #ask<K extends keyof Records>(
    kind: K,
    name: string,
  ): Promise<DnsAnswer<Records[K]> & { error?: unknown }> {
    const { timeout, negativeTtl } = this.#options
    try {
      const answer = await new Promise<DnsAnswer<Records[K]>>((resolve, reject) => {
        const timer = this.#clock.setTimer(timeout, () =>
          reject(new TransportError(`the name service did not answer within ${timeout} ms`)),
        )
        ASK[kind](this.#dns, name)
          .finally(() => timer.cancel())
          .then(resolve, reject)
      })
      if (answer.records.length === 0) return { records: [], ttl: negativeTtl }
      return { records: answer.records.slice(0, MOST_RECORDS), ttl: answer.ttl }
    } catch (error) {
      return { records: [], ttl: negativeTtl, error }
    }
  }

  #keep<T>(key: string, { ttl, ...found }: DnsAnswer<T> & { error?: unknown }): Found<T> {
    const { defaultTtl, maxTtl } = this.#options
    const seconds = Math.min(ttl ?? defaultTtl, maxTtl)
    this.#put(key, { state: 'known', found, until: this.#clock.now() + 1000 * seconds })
    return found
  }

  #put(key: string, entry: Entry): void {
    // Deleted first, so that it stands behind all others.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.cacheSize) break
      this.#entries.delete(oldest)
    }
  }
}

function isName(name: string): boolean {
  return (
    name !== '' &&
    name.length <= LONGEST_NAME &&
    name.split('.').every((label) => label !== '' && label.length <= 63)
  )
}
