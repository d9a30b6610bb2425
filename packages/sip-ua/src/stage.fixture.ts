import { Endpoint, type EndpointOptions, type SipRequest, SipResponse } from 'sip-core'
import {
  type Fate,
  LoopNetwork,
  type Packet,
  ScriptedPeer,
  SeededRandom,
  VirtualClock,
} from 'sip-core/testing'
import type { IncomingInvite, InviteInit, InviteSession } from './invite/index.ts'
import { UserAgent } from './user-agent.ts'

const AGENT = { host: '192.0.2.1', port: 5060 }
const PEER = '192.0.2.2'

/** What the peer says besides what it must. */
export interface Said {
  readonly lines?: readonly string[]
  readonly sdp?: string
  /** The CSeq number; by default the next one, or the last INVITE's for ACK and CANCEL. */
  readonly seq?: number
}

/** A user agent and a peer that does what the test says, in one call with each other, in virtual time. */
export class Stage {
  readonly clock: VirtualClock
  readonly network: LoopNetwork
  readonly endpoint: Endpoint
  readonly ua: UserAgent
  readonly peer: ScriptedPeer
  /** The INVITEs that the user agent handed out. */
  readonly incoming: IncomingInvite[] = []
  #calls = false
  #seq = 0
  #inviteSeq = 0

  private constructor(clock: VirtualClock, network: LoopNetwork, endpoint: Endpoint, peer: ScriptedPeer) {
    this.clock = clock
    this.network = network
    this.endpoint = endpoint
    this.peer = peer
    this.ua = new UserAgent(endpoint, { identity: '"Alice" <sip:alice@example.com>' })
    this.ua.on('invite', (incoming) => this.incoming.push(incoming))
  }

  static async set(options: EndpointOptions & { decide?: (packet: Packet) => Fate | undefined } = {}) {
    const { decide, ...rest } = options
    const clock = new VirtualClock()
    const random = new SeededRandom(1)
    const network = new LoopNetwork({ clock, random, ...(decide === undefined ? {} : { decide }) })
    const endpoint = await Endpoint.start(network.platform(), [network.udp(AGENT.host)], rest)
    return new Stage(clock, network, endpoint, await ScriptedPeer.at(network.udp(PEER)))
  }

  /** The user agent calls the peer. */
  async call(init: InviteInit = { sdp: 'v=0 alice' }): Promise<InviteSession> {
    const session = this.ua.invite(`sip:peer@${PEER}`, init)
    await this.clock.play(2)
    return session
  }

  /** The peer answers the INVITE that came last. */
  async answer(status: number, said: Said & { tag?: string } = {}): Promise<void> {
    const invite = this.peer.last('INVITE')
    const to = said.tag === undefined ? [] : [`To: <sip:peer@${PEER}>;tag=${said.tag}`]
    const contact = status > 100 && status < 300 ? [`Contact: <sip:peer@${PEER}>`] : []
    this.peer.answer(invite, status, written(said, [...contact, ...to]))
    await this.clock.play(2)
  }

  /** The peer answers the request of this method that came last, whatever it is. */
  async answerTo(method: string, status: number, said: Said = {}): Promise<void> {
    this.peer.answer(this.peer.last(method), status, written(said))
    await this.clock.play(2)
  }

  /** The peer calls the user agent. */
  async invited(said: Said = { sdp: 'v=0 peer' }): Promise<InviteSession> {
    this.#calls = true
    this.#inviteSeq = ++this.#seq
    const own = ['Call-ID: call', this.#via('INVITE'), `CSeq: ${this.#seq} INVITE`]
    this.peer.open('INVITE', AGENT, written(said, own))
    await this.clock.play(2)
    const incoming = this.incoming.at(-1)
    if (incoming === undefined) throw new Error('the user agent did not hand out the INVITE')
    return incoming.session
  }

  /** The peer sends a request within the call; a CANCEL, for its last INVITE. */
  async say(method: string, said: Said = {}): Promise<void> {
    const follows = method === 'ACK' || method === 'CANCEL'
    const seq = said.seq ?? (follows ? this.#inviteSeq : ++this.#seq)
    if (method === 'INVITE') this.#inviteSeq = seq
    const own = [this.#via(method), `CSeq: ${seq} ${method}`]
    if (!this.#calls) this.peer.request(method, this.invite, written(said, own))
    else this.peer.open(method, AGENT, written(said, ['Call-ID: call', ...this.#to(method), ...own]))
    await this.clock.play(2)
  }

  /** The user agent's INVITE that made the call. */
  get invite(): SipRequest {
    const made = this.peer.messages.find(
      (message) => message.kind === 'request' && message.method === 'INVITE',
    )
    if (made?.kind !== 'request') throw new Error('no INVITE came')
    return made
  }

  /** The response of this status that came last. */
  response(status: number): SipResponse {
    const found = this.peer.messages.findLast(
      (message) => message.kind === 'response' && message.status === status,
    )
    if (!(found instanceof SipResponse)) throw new Error(`no ${status} came`)
    return found
  }

  /** What came since this was asked last, each retransmission once. */
  heard(): readonly string[] {
    return [...new Set(this.peer.heard())]
  }

  play(ms: number): Promise<void> {
    return this.clock.play(ms)
  }

  /** What is alive, once everything that ends by itself has ended. */
  async left() {
    await this.clock.play(70_000)
    return {
      calls: this.ua.calls.size,
      dialogs: this.ua.dialogs.size,
      transactions: this.endpoint.transactions.size,
      timers: this.clock.pending,
    }
  }

  // A CANCEL has its INVITE's branch; so has the ACK of a refused one, which goes unseen.
  #via(method: string): string {
    const branch =
      method === 'INVITE' || method === 'CANCEL' ? `i${this.#inviteSeq}` : `${method}${++branches}`
    return `Via: SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bK${branch};rport`
  }

  #to(method: string): readonly string[] {
    if (method === 'CANCEL') return []
    const tagged = this.peer.messages.findLast((m) => m instanceof SipResponse && m.to.tag !== undefined)
    return [`To: ${tagged?.to}`]
  }
}

let branches = 0

export const NOTHING_LEFT = { calls: 0, dialogs: 0, transactions: 0, timers: 0 }

// What the test says goes before what the stage says of itself.
function written(
  { lines = [], sdp }: Said,
  own: readonly string[] = [],
): { lines: readonly string[]; body: string } {
  const named = (line: string) => line.slice(0, line.indexOf(':'))
  const replaced = new Set(lines.map(named))
  const described = sdp === undefined ? own : [...own, 'Content-Type: application/sdp']
  return { lines: [...described.filter((line) => !replaced.has(named(line))), ...lines], body: sdp ?? '' }
}
