/**
 * What runs in the page: Alice, with all four packages, over the browser's own WebSocket. The test drives it through
 * `window.alice`, and reads what it returns.
 */
import { Endpoint } from 'sip-core'
import { webPlatform, webSocket } from 'sip-core/web'
import { EvsubLayer } from 'sip-simple'
import { type Cause, type InviteSession, UserAgent } from 'sip-ua'
import { Xfer } from 'sip-xfer'

const SDP = 'v=0\r\no=alice 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n'

/** What a call was like when somebody looked at it. */
export interface CallReport {
  readonly states: readonly string[]
  readonly remoteSdp: string | undefined
  readonly ended: Cause['type'] | undefined
}

/** Alice, as the test sees her. */
export class Page {
  readonly #endpoint: Endpoint
  readonly #ua: UserAgent
  readonly #xfer: Xfer
  readonly #reports = new Map<InviteSession, { states: string[]; ended: Cause['type'] | undefined }>()

  private constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
    this.#ua = new UserAgent(endpoint, { identity: '"Alice" <sip:alice@example.com>' })
    this.#xfer = new Xfer(this.#ua)
    this.#ua.on('invite', (incoming) => {
      this.#watch(incoming.session)
      incoming.ring()
      incoming.accept({ sdp: SDP })
    })
    this.#xfer.on('refer', (referral) => this.#watch(referral.follow({ sdp: SDP })))
  }

  static async open(url: string): Promise<void> {
    const endpoint = await Endpoint.start(webPlatform(), [webSocket({ url })])
    Object.assign(globalThis, { alice: new Page(endpoint) })
  }

  /** Calls, and waits until the call is up. */
  async call(target: string): Promise<void> {
    const call = this.#watch(this.#ua.invite(target, { sdp: SDP }))
    await call.established
  }

  /** Has the first call's other end call `target`, and waits for what comes of it. */
  async transfer(target: string): Promise<string> {
    const outcome = await this.#xfer.transfer(this.#call(0), target).outcome
    return outcome.result
  }

  /** Ends the call that came first, second ... and waits for its end. */
  async end(index: number): Promise<void> {
    await this.#call(index).end()
  }

  /** Waits until the call has ended, whoever ends it. */
  async ended(index: number): Promise<CallReport> {
    await this.#call(index).ended
    return this.report(index)
  }

  report(index: number): CallReport {
    const call = this.#call(index)
    const { states = [], ended } = this.#reports.get(call) ?? {}
    return { states, remoteSdp: call.remoteSdp, ended }
  }

  /** How many calls there have been. */
  get calls(): number {
    return this.#reports.size
  }

  /** How much is alive: calls, dialogs, subscriptions. */
  get alive(): readonly number[] {
    return [this.#ua.calls.size, this.#ua.dialogs.size, EvsubLayer.of(this.#endpoint).size]
  }

  async close(): Promise<void> {
    await this.#ua.close()
    await this.#endpoint.close()
  }

  #call(index: number): InviteSession {
    const call = [...this.#reports.keys()][index]
    if (call === undefined) throw new Error(`there is no call ${index}`)
    return call
  }

  #watch(call: InviteSession): InviteSession {
    const report = { states: [] as string[], ended: undefined as Cause['type'] | undefined }
    this.#reports.set(call, report)
    call.on('state', (state) => report.states.push(state))
    call.ended.then((cause) => {
      report.ended = cause.type
    })
    return call
  }
}
