import { type Endpoint, TimeoutError } from 'sip-core'
import { NamedTimers } from './timers.ts'

/** What time brings to a subscriber. */
export type LifetimeEvent =
  /** No NOTIFY followed a request in time, or nobody refreshed. */
  | { readonly input: 'N' | 'expiry'; readonly error: TimeoutError }
  /** It is time to refresh: so many seconds are left. */
  | { readonly input: 'expiring'; readonly seconds: number }

/**
 * How long a subscriber waits: for the NOTIFY after its request (timer N, RFC 6665 §4.1.2.1), and for the end of the
 * subscription, which is what was said of it last (§4.1.2.2).
 */
export class Lifetime {
  readonly #timers: NamedTimers<'N' | 'expiring' | 'expiry'>
  readonly #endpoint: Endpoint
  readonly #defaultExpires: number
  readonly #user: (event: LifetimeEvent) => void

  /** @param defaultExpires seconds, where nobody says how long */
  constructor(endpoint: Endpoint, defaultExpires: number, user: (event: LifetimeEvent) => void) {
    this.#timers = new NamedTimers(endpoint.clock)
    this.#endpoint = endpoint
    this.#defaultExpires = defaultExpires
    this.#user = user
  }

  /** A request was sent: a NOTIFY is to follow. */
  await(): void {
    const time = this.#patience
    this.#after('N', time, `no NOTIFY came within ${time} ms of the request`)
  }

  /** It came, or will not come. */
  awaitNoMore(): void {
    this.#timers.stop('N')
  }

  /** A 2xx said how long the subscription lasts. 0 confirms its end, which comes with the last NOTIFY. */
  prolongByResponse(expires: number | undefined): void {
    if (expires !== undefined && expires > 0) this.#prolong(expires)
  }

  /** A NOTIFY said how long the subscription lasts; if it said nothing, what was said before holds. */
  prolongByNotify(expires: number | undefined): void {
    if (expires !== undefined) this.#prolong(expires)
    else if (!this.#timers.isRunning('expiry')) this.#prolong(this.#defaultExpires)
  }

  /** The subscription is over. */
  end(): void {
    this.#timers.stopAll()
  }

  #prolong(expires: number): void {
    const length = expires * 1000
    const notice = Math.min(this.#patience, length / 2)
    this.#timers.start('expiring', length - notice, () => {
      this.#user({ input: 'expiring', seconds: notice / 1000 })
    })
    // The notifier's last NOTIFY may be on its way for as long as it is resent.
    this.#after('expiry', length + this.#patience, `nobody refreshed within ${expires} s`)
  }

  #after(input: 'N' | 'expiry', delay: number, message: string): void {
    this.#timers.start(input, delay, () => this.#user({ input, error: new TimeoutError(input, message) }))
  }

  /** How long a request is resent: 64*T1 (RFC 3261 §17.1.2.2, timer F), which is also timer N. */
  get #patience(): number {
    return 64 * this.#endpoint.timers.T1
  }
}
