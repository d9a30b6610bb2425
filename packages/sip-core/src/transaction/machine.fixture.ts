/* For the tests of this room: a flow that records, users that record, and messages to feed them with. */
import type { Clock, Timer } from '../base/clock.ts'
import { TransportError } from '../base/errors.ts'
import {
  Headers,
  type OutgoingRequest,
  type OutgoingResponse,
  parseUri,
  SipRequest,
  SipResponse,
} from '../message/index.ts'
import { parseMessage } from '../parser/index.ts'
import type { Flow, ReceivedRequest, ReceivedResponse, Transport } from '../transport/index.ts'
import type { ClientTransactionEvent, ClientTransactionUser } from './client-transaction.ts'
import type { ServerTransactionEvent, ServerTransactionUser } from './server-transaction.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** A flow that keeps what it is given, and fails as told. */
export class RecordingFlow implements Flow {
  readonly transport: Transport
  readonly local = { host: '192.0.2.1', port: 5060 }
  readonly remote = { host: '192.0.2.2', port: 5060 }
  /** The text of every message. */
  readonly sent: string[] = []
  /** When each was sent. */
  readonly times: number[] = []
  /** Runs within each send. */
  onSend: ((failed: (error: TransportError) => void) => void) | undefined
  /** Makes the last message fail, as from the network, later. */
  failLast: () => void = () => {}
  readonly #clock: Clock

  constructor(clock: Clock, reliable: boolean) {
    this.#clock = clock
    this.transport = {
      protocol: reliable ? 'TCP' : 'UDP',
      reliable,
      secure: false,
      framing: reliable ? 'stream' : 'message',
      local: { host: '192.0.2.1', port: 5060 },
      listen: async () => {},
      connect: () => this,
      close: async () => {},
    }
  }

  send(bytes: Uint8Array, failed: (error: TransportError) => void): void {
    this.sent.push(decoder.decode(bytes))
    this.times.push(this.#clock.now())
    this.failLast = () => failed(new TransportError('unreachable'))
    this.onSend?.(failed)
  }

  close(): void {}

  /** What was sent in short, method or status, e.g. `['INVITE', 'ACK']`. */
  get kinds(): string[] {
    return this.sent.map((text) => text.split(' ', 2).find((word) => word !== 'SIP/2.0') ?? '')
  }
}

/** A clock that knows its timers. */
export class WatchedClock implements Clock {
  readonly #clock: Clock
  readonly #live = new Set<{ readonly delay: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The delay that each live timer was set with, in the order of setting. */
  get delays(): ReadonlyMap<object, number> {
    return new Map([...this.#live].map((timer) => [timer, timer.delay]))
  }

  now(): number {
    return this.#clock.now()
  }

  date(): number {
    return this.#clock.date()
  }

  setTimer(delay: number, task: () => void): Timer {
    const entry = { delay }
    this.#live.add(entry)
    const timer = this.#clock.setTimer(delay, () => {
      this.#live.delete(entry)
      task()
    })
    return {
      cancel: () => {
        this.#live.delete(entry)
        timer.cancel()
      },
    }
  }
}

/**
 * What a step does, as one line: state, what is sent, what the user hears, and which timers run with which delays,
 * `~` behind those that ran before. Just `-` when it does nothing at all.
 */
export function observe(rig: ObservedRig, step: () => void): string {
  const { clock, flow, user, transaction } = rig
  const state = transaction.state
  const before = clock.delays
  flow.sent.length = 0
  user.events.length = 0
  step()
  const runs = [...clock.delays].map(([timer, delay]) => `${delay}${before.has(timer) ? '~' : ''}`)
  const isSame = runs.length === before.size && runs.every((run) => run.endsWith('~'))
  if (transaction.state === state && isSame && flow.sent.length + user.events.length === 0) return '-'
  return row(transaction.state, flow.kinds.join(' '), user.events.join(', '), runs.join(' '))
}

/** What `observe` looks at. */
export interface ObservedRig {
  readonly clock: WatchedClock
  readonly flow: RecordingFlow
  readonly user: RecordingUser
  readonly transaction: { readonly state: string }
}

/** What `observe` is expected to say; `delays` gives the length of each timer named in `runs`, if it is used. */
export function row(
  state: string,
  sent: string,
  told: string,
  runs: string,
  delays?: Readonly<Record<string, number | undefined>>,
): string {
  const lengths = runs.split(' ').map((name) => {
    if (name === '' || delays === undefined) return name
    const delay = delays[name.replace('~', '')]
    return delay === undefined ? '' : `${delay}${name.endsWith('~') ? '~' : ''}`
  })
  return [
    state,
    sent,
    told,
    lengths
      .filter((length) => length !== '')
      .sort()
      .join(' '),
  ].join(' | ')
}

/** A user that writes down its events, e.g. `'response 180'`, `'timeout B'`, `'terminated'`. */
export class RecordingUser implements ClientTransactionUser, ServerTransactionUser {
  readonly events: string[] = []
  /** Runs at each event, after it was written down. */
  onClient: ((event: ClientTransactionEvent) => void) | undefined
  onServer: ((event: ServerTransactionEvent) => void) | undefined

  onClientTransaction(event: ClientTransactionEvent): void {
    if (event.type === 'response') this.events.push(`response ${event.received.message.status}`)
    else this.events.push(event.type === 'timeout' ? `timeout ${event.timer}` : event.type)
    this.onClient?.(event)
  }

  onServerTransaction(event: ServerTransactionEvent): void {
    this.events.push(event.type === 'timeout' ? `timeout ${event.timer}` : event.type)
    this.onServer?.(event)
  }
}

/** A request as an application hands it in: without Via. */
export function outgoing(method: string, extra: Readonly<Record<string, string>> = {}): OutgoingRequest {
  const headers = new Headers()
  headers.add('Max-Forwards', '70')
  headers.add('From', '<sip:alice@example.com>;tag=a1')
  headers.add('To', '<sip:bob@example.net>')
  headers.add('Call-ID', 'call-1@192.0.2.1')
  headers.add('CSeq', `7 ${method}`)
  for (const [name, text] of Object.entries(extra)) headers.add(name, text)
  return new SipRequest({ method, uri: parseUri('sip:bob@example.net'), headers })
}

/** The response that a peer gives to a request that was sent. */
export function answer(
  sent: SipRequest,
  status: number,
  flow: Flow,
  tag = 'b1',
  via = `${sent.via}`,
): ReceivedResponse {
  const result = parseMessage(
    encoder.encode(
      [
        `SIP/2.0 ${status} Whatever`,
        `Via: ${via}`,
        'From: <sip:alice@example.com>;tag=a1',
        `To: <sip:bob@example.net>${status === 100 ? '' : `;tag=${tag}`}`,
        `Call-ID: ${sent.callId}`,
        `CSeq: ${sent.cseq.seq} ${sent.cseq.method}`,
        'Content-Length: 0',
        '\r\n',
      ].join('\r\n'),
    ),
  )
  if (result.type !== 'response') throw new Error(`the fixture's response is ${result.type}`)
  return { type: 'response', message: result.response, flow }
}

/** What may be asked of an incoming request. */
export interface IncomingOptions {
  readonly via?: string
  readonly seq?: number
  readonly toTag?: string
}

export const PEER_VIA = 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKpeer1'

/** A request as it comes from a peer. */
export function incoming(method: string, flow: Flow, options: IncomingOptions = {}): ReceivedRequest {
  const { via = PEER_VIA, seq = 3, toTag } = options
  const result = parseMessage(
    encoder.encode(
      [
        `${method} sip:alice@192.0.2.1 SIP/2.0`,
        `Via: ${via}`,
        'Max-Forwards: 70',
        'From: <sip:bob@example.net>;tag=b1',
        `To: <sip:alice@example.com>${toTag === undefined ? '' : `;tag=${toTag}`}`,
        'Call-ID: call-2@192.0.2.2',
        `CSeq: ${seq} ${method}`,
        'Timestamp: 54',
        'Content-Length: 0',
        '\r\n',
      ].join('\r\n'),
    ),
  )
  if (result.type !== 'request') throw new Error(`the fixture's request is ${result.type}`)
  return { type: 'request', message: result.request, flow }
}

/** A response as an application hands it in. */
export function response(request: SipRequest, status: number): OutgoingResponse {
  const headers = new Headers()
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) headers.copy(request.headers, name)
  return new SipResponse({ status, reason: 'Whatever', headers })
}
