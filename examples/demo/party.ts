import { type Clock, Endpoint, type Timer, type Timers } from 'sip-core'
import { nodePlatform, systemClock, udp } from 'sip-core/node'
import { EvsubLayer } from 'sip-simple'
import { UserAgent } from 'sip-ua'
import { Xfer } from 'sip-xfer'

/** The system's clock, which counts the timers that are set. */
export class CountingClock implements Clock {
  readonly #timers = new Set<Timer>()

  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return systemClock.now()
  }

  date(): number {
    return systemClock.date()
  }

  setTimer(delay: number, task: () => void): Timer {
    const running = systemClock.setTimer(delay, () => {
      this.#timers.delete(timer)
      task()
    })
    const timer: Timer = {
      cancel: () => {
        running.cancel()
        this.#timers.delete(timer)
      },
    }
    this.#timers.add(timer)
    return timer
  }
}

/** One of ours: an endpoint on a socket of its own, with a user agent and transfer. */
export class Party implements AsyncDisposable {
  readonly name: string
  readonly clock: CountingClock
  readonly endpoint: Endpoint
  readonly ua: UserAgent
  readonly xfer: Xfer

  private constructor(name: string, clock: CountingClock, endpoint: Endpoint) {
    this.name = name
    this.clock = clock
    this.endpoint = endpoint
    this.ua = new UserAgent(endpoint, { identity: `"${name}" <${this.uri}>` })
    this.xfer = new Xfer(this.ua)
  }

  static async start(name: string, host: string, timers: Partial<Timers>): Promise<Party> {
    const clock = new CountingClock()
    const endpoint = await Endpoint.start(nodePlatform({ clock }), [udp({ host, port: 0 })], { timers })
    return new Party(name, clock, endpoint)
  }

  /** Where the party can be called. */
  get uri(): string {
    const transport = this.endpoint.transports.transports[0]
    return `sip:${this.name.toLowerCase()}@${transport?.local.host}:${transport?.local.port}`
  }

  /** A session description without media behind it: the demo is about the signalling. */
  get sdp(): string {
    const host = this.endpoint.transports.transports[0]?.local.host
    const lines = [
      'v=0',
      `o=${this.name.toLowerCase()} 1 1 IN IP4 ${host}`,
      's=-',
      `c=IN IP4 ${host}`,
      't=0 0',
    ]
    return [...lines, 'm=audio 40000 RTP/AVP 0 8', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:8 PCMA/8000', ''].join(
      '\r\n',
    )
  }

  /** What is not finished here. */
  get left(): {
    readonly transactions: number
    readonly dialogs: number
    readonly subscriptions: number
    readonly timers: number
  } {
    return {
      transactions: this.endpoint.transactions.size,
      dialogs: this.ua.dialogs.size,
      subscriptions: EvsubLayer.of(this.endpoint).size,
      timers: this.clock.pending,
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.endpoint.close()
  }
}
