import { Endpoint, SipRequest } from 'sip-core'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from 'sip-core/testing'
import { EvsubLayer } from 'sip-simple'
import { type InviteSession, UserAgent } from 'sip-ua'
import { expect } from 'vitest'
import type { Referral } from './referral.ts'
import type { Transfer } from './transfer.ts'
import { type TransferInit, Xfer } from './xfer.ts'

const AGENT = { host: '192.0.2.1', port: 5060 }
const SDP = 'Content-Type: application/sdp'

/**
 * A user agent in a call with a peer that does what the test says, and a third place that does so too: the peer can
 * be transferred, or can ask for a transfer.
 */
export class Stage {
  readonly clock = new VirtualClock()
  readonly network = new LoopNetwork({ clock: this.clock, random: new SeededRandom(1) })
  /** The referrals that the user agent handed out. */
  readonly referrals: Referral[] = []
  endpoint!: Endpoint
  ua!: UserAgent
  xfer!: Xfer
  /** At 192.0.2.2. */
  peer!: ScriptedPeer
  /** At 192.0.2.3. */
  target!: ScriptedPeer
  call!: InviteSession
  readonly #reported = new Set<number>()

  /** The call is up. */
  static async set(): Promise<Stage> {
    const stage = new Stage()
    const { network } = stage
    stage.endpoint = await Endpoint.start(network.platform(), [network.udp(AGENT.host)])
    stage.ua = new UserAgent(stage.endpoint, { identity: '<sip:alice@example.com>' })
    stage.xfer = new Xfer(stage.ua)
    stage.peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
    stage.target = await ScriptedPeer.at(network.udp('192.0.2.3'))
    stage.call = stage.ua.invite('sip:peer@192.0.2.2', { sdp: 'v=0 alice' })
    await stage.play(5)
    await stage.answer('INVITE', 200, 'Contact: <sip:peer@192.0.2.2>', SDP)
    stage.peer.heard()
    return stage
  }

  play(ms: number): Promise<void> {
    return this.clock.play(ms)
  }

  /** The peer answers the request of this method that came last. */
  async answer(method: string, status: number, ...lines: readonly string[]): Promise<void> {
    this.peer.answer(this.peer.last(method), status, { lines })
    await this.play(5)
  }

  /** The user agent transfers the peer. */
  async transfer(init: TransferInit = {}): Promise<Watched> {
    const watched = new Watched(this.xfer.transfer(this.call, 'sip:carol@192.0.2.3', init))
    await this.play(5)
    return watched
  }

  /** The peer sends a NOTIFY; what it is answered. Without a fragment it has no body. */
  async notify(state: string, fragment?: string): Promise<number> {
    const lines = ['Event: refer', `Subscription-State: ${state}`]
    const said =
      fragment === undefined
        ? { lines }
        : { lines: [...lines, 'Content-Type: message/sipfrag;version=2.0'], body: `SIP/2.0 ${fragment}\r\n` }
    this.peer.request('NOTIFY', this.peer.last('REFER'), said)
    await this.play(5)
    return this.peer.lastAnswer('NOTIFY').status
  }

  /** The peer sends a request within the call; what it is answered, if it is. */
  async say(method: string, ...lines: readonly string[]): Promise<number | undefined> {
    const before = this.peer.messages.length
    const invite = this.peer.messages.find((message) => message instanceof SipRequest)
    if (invite === undefined) throw new Error('there is no call')
    this.peer.request(method, invite, { lines })
    await this.play(5)
    const answer = this.peer.messages.slice(before).find((message) => message.kind === 'response')
    return answer?.kind === 'response' ? answer.status : undefined
  }

  /** The peer sends a REFER outside of the call; what it is answered, if it is. */
  async open(...lines: readonly string[]): Promise<number | undefined> {
    const before = this.peer.messages.length
    this.peer.open('REFER', AGENT, { lines })
    await this.play(5)
    const answer = this.peer.messages.slice(before).find((message) => message.kind === 'response')
    return answer?.kind === 'response' ? answer.status : undefined
  }

  /** The third place answers the INVITE that came last. */
  async targetAnswers(status: number, ...lines: readonly string[]): Promise<void> {
    const contact = status > 100 && status < 300 ? ['Contact: <sip:carol@192.0.2.3>'] : []
    const sdp = status >= 200 && status < 300 ? [SDP] : []
    this.target.answer(this.target.last('INVITE'), status, { lines: [...contact, ...sdp, ...lines] })
    await this.play(5)
  }

  /** The NOTIFYs that the peer got since this was asked last, answered with `status`. */
  async reports(status = 200): Promise<readonly string[]> {
    const reports: string[] = []
    for (let notify = this.#unanswered(); notify !== undefined; notify = this.#unanswered()) {
      this.#reported.add(notify.cseq.seq)
      const state = notify.headers.get('Subscription-State')?.replace(/expires=\d+/, 'expires')
      reports.push(`${state} ${new TextDecoder().decode(notify.body).trim()}`)
      this.peer.answer(notify, status)
      await this.play(5)
    }
    return reports
  }

  /** Everybody hangs up, the peer and the third place politely; nothing is left after that. */
  async expectNothingLeft(): Promise<void> {
    void this.ua.close()
    await this.play(5)
    for (const place of [this.peer, this.target]) {
      for (const message of [...place.messages]) {
        if (message.kind === 'request' && message.method === 'BYE') place.answer(message, 200)
      }
    }
    await this.play(140_000)
    expect({
      calls: this.ua.calls.size,
      dialogs: this.ua.dialogs.size,
      subscriptions: EvsubLayer.of(this.endpoint).size,
      transactions: this.endpoint.transactions.size,
      timers: this.clock.pending,
    }).toEqual({ calls: 0, dialogs: 0, subscriptions: 0, transactions: 0, timers: 0 })
  }

  #unanswered(): SipRequest | undefined {
    return this.peer.messages.find(
      (message): message is SipRequest =>
        message instanceof SipRequest && message.method === 'NOTIFY' && !this.#reported.has(message.cseq.seq),
    )
  }
}

/** A transfer, and what it told. */
export class Watched {
  readonly transfer: Transfer
  /** Progress and outcomes in short, in their order: `180 Ringing`, `transferred`, `failed: target`. */
  readonly told: string[] = []

  constructor(transfer: Transfer) {
    this.transfer = transfer
    transfer.on('progress', ({ status, reason }) => this.told.push(`${status} ${reason}`.trim()))
    transfer.on('outcome', (outcome) =>
      this.told.push('cause' in outcome ? `${outcome.result}: ${outcome.cause.type}` : outcome.result),
    )
  }
}
