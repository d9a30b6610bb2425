import { type SipMessage, SipRequest, SipResponse, textToBytes } from '../message/index.ts'
import { parseMessage } from '../parser/index.ts'
import {
  type Address,
  formatAddress,
  type Transport,
  type TransportEvent,
  type TransportReceiver,
} from '../transport/index.ts'

/** What a scripted message says besides what it must: header lines, and a body with its type. */
export interface ScriptedInit {
  /** E.g. `['Event: refer', 'Expires: 60']`; a line of a header that is there already replaces it. */
  readonly lines?: readonly string[]
  readonly body?: string
  /** The Request-URI of a request; default: the peer's Contact, or whom it is sent to. */
  readonly uri?: string
}

/** The tag of the peer in all its dialogs. */
const TAG = 'peer'

/**
 * A peer that has no manners: it says what the test tells it to, answers nothing of itself, and keeps what it gets.
 * For what a well-behaved endpoint cannot be made to do.
 *
 * ```ts
 * const peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
 * peer.answer(peer.last('REFER'), 202)
 * peer.request('NOTIFY', peer.last('REFER'), { lines: ['Event: refer'] })
 * expect(peer.heard()).toEqual(['REFER', '400 NOTIFY'])
 * ```
 */
export class ScriptedPeer implements TransportReceiver {
  /** Every message that came, retransmissions included. */
  readonly messages: SipMessage[] = []
  readonly #transport: Transport
  readonly #senders = new Map<SipMessage, Address>()
  #told = 0
  #sent = 0

  private constructor(transport: Transport) {
    this.#transport = transport
  }

  /** A peer that listens on this transport. */
  static async at(transport: Transport): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer(transport)
    await transport.listen(peer)
    return peer
  }

  /** What came since this was asked last, in short: `'REFER'`, `'200 NOTIFY'`. */
  heard(): readonly string[] {
    const lines = this.messages
      .slice(this.#told)
      .map((message) =>
        message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`,
      )
    this.#told = this.messages.length
    return lines
  }

  /** The latest request of that method. @throws Error when none came */
  last(method: string): SipRequest {
    const found = this.messages.findLast(
      (message) => message instanceof SipRequest && message.method === method,
    )
    if (found instanceof SipRequest) return found
    throw new Error(`no ${method} came`)
  }

  /** The latest response to a request of that method. @throws Error when none came */
  lastAnswer(method: string): SipResponse {
    const found = this.messages.findLast(
      (message) => message instanceof SipResponse && message.cseq.method === method,
    )
    if (found instanceof SipResponse) return found
    throw new Error(`no answer to ${method} came`)
  }

  /** Sends a response to a request that came. */
  answer(request: SipRequest, status: number, init: ScriptedInit = {}): void {
    const { headers, to } = request
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].flatMap((name) =>
      headers.getAll(name).map((text) => `${name}: ${text}`),
    )
    const tagged = to.tag === undefined ? to.withParam('tag', TAG) : to
    this.#write(`SIP/2.0 ${status} Scripted`, [...copied, `To: ${tagged}`], init, this.#senderOf(request))
  }

  /**
   * Sends a request within a dialog, with the next CSeq number of this end.
   *
   * @param made what has made the dialog: a request of the other end, or its response to one of this end
   */
  request(method: string, made: SipMessage, init: ScriptedInit = {}): void {
    const { callId, contact } = made
    const [from, to] = made.kind === 'request' ? [made.to, made.from] : [made.from, made.to]
    const number = ++this.#sent
    const lines = [
      `Via: ${this.#via(number)}`,
      `From: ${from.tag === undefined ? from.withParam('tag', TAG) : from}`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${number} ${method}`,
      `Contact: <sip:peer@${formatAddress(this.#transport.local)}>`,
    ]
    this.#write(`${method} ${init.uri ?? contact?.uri ?? to.uri} SIP/2.0`, lines, init, this.#senderOf(made))
  }

  /** Sends a request outside of any dialog. */
  open(method: string, to: Address, init: ScriptedInit = {}): void {
    const number = ++this.#sent
    const here = formatAddress(this.#transport.local)
    const lines = [
      `Via: ${this.#via(number)}`,
      `From: <sip:peer@${here}>;tag=${TAG}`,
      `To: <sip:${formatAddress(to)}>`,
      `Call-ID: ${number}@${here}`,
      `CSeq: ${number} ${method}`,
      `Contact: <sip:peer@${here}>`,
    ]
    this.#write(`${method} ${init.uri ?? `sip:${formatAddress(to)}`} SIP/2.0`, lines, init, to)
  }

  onTransport(event: TransportEvent): void {
    if (event.type !== 'data') return
    const result = parseMessage(event.bytes)
    if (result.type === 'request') this.#keep(result.request, event.flow.remote)
    if (result.type === 'response') this.#keep(result.response, event.flow.remote)
  }

  #keep(message: SipMessage, sender: Address): void {
    this.messages.push(message)
    this.#senders.set(message, sender)
  }

  #senderOf(message: SipMessage): Address {
    const sender = this.#senders.get(message)
    if (sender === undefined) throw new Error('the message did not come here')
    return sender
  }

  #via(number: number): string {
    const { protocol, local } = this.#transport
    return `SIP/2.0/${protocol} ${formatAddress(local)};branch=z9hG4bKpeer${number};rport`
  }

  #write(
    start: string,
    lines: readonly string[],
    { lines: extra = [], body = '' }: ScriptedInit,
    to: Address,
  ) {
    const named = (line: string) => line.slice(0, line.indexOf(':')).toLowerCase()
    const replaced = new Set(extra.map(named))
    const kept = lines.filter((line) => !replaced.has(named(line)))
    const length = `Content-Length: ${textToBytes(body).length}`
    const text = [start, ...kept, ...extra, length, '', body].join('\r\n')
    this.#transport.connect(to).send(textToBytes(text), () => {})
  }
}
