import { ArgumentError, StateError } from '../base/errors.ts'
import { type Random, randomToken } from '../base/random.ts'
import { textToBytes } from '../message/index.ts'
import { closedFlow } from '../transport/closed-flow.ts'
import { Connections } from '../transport/connections.ts'
import {
  type Address,
  type ConnectionPolicy,
  type Flow,
  type Transport,
  type TransportReceiver,
  unbracketed,
} from '../transport/index.ts'
import {
  closedWith,
  SIP_SUBPROTOCOL,
  WebSocketChannel,
  type WebSocketLimits,
  type WebSocketPort,
  webSocketPolicy,
} from '../transport/web-socket-channel.ts'
import { browserRandom } from './platform.ts'

/** As much of a browser's WebSocket as is used here. */
export interface WebSocketLike {
  binaryType: string
  readonly protocol: string
  readonly readyState: number
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
}

/** The class WebSocket, the browser's or another one of its kind. */
export type WebSocketClass = new (url: string, protocol: string) => WebSocketLike

/** Where and how a page connects. */
export interface WebSocketOptions extends WebSocketLimits {
  /** The server: `wss://example.com/sip`. */
  readonly url: string | URL
  /** Default: the platform's own. */
  readonly WebSocket?: WebSocketClass
  /**
   * Milliseconds between two CRLF CRLF that ask the server for a sign, as pages cannot ping (RFC 7118 §6, RFC 5626
   * §4.4.1): drawn from 80 % to 100 % of it each time. A server that does not answer within 10 seconds is given up.
   * Default 0, none: not every server answers, and most of them ping by themselves.
   */
  readonly keepAlive?: number
  /** Makes up the name that stands in Via and Contact; default the browser's randomness. */
  readonly random?: Random
}

/**
 * SIP over one WebSocket to one server, as a page has it (RFC 7118). The server is an outbound proxy: every request
 * goes there, whomever it is meant for. The connection is opened by the first message, and anew by the next one
 * after it was lost; whoever wants to be called registers, and does so again.
 *
 * ```ts
 * const endpoint = await Endpoint.start(webPlatform(), [webSocket({ url: 'wss://example.com/sip' })])
 * ```
 *
 * @throws ArgumentError when the URL is none of a WebSocket
 */
export function webSocket(options: WebSocketOptions): Transport {
  return new PageTransport(options)
}

class PageTransport implements Transport {
  readonly protocol: 'WS' | 'WSS'
  readonly reliable = true
  readonly secure: boolean
  readonly framing = 'message'
  readonly outbound: Address
  readonly policy: ConnectionPolicy
  readonly #options: WebSocketOptions
  readonly #url: URL
  #open: { readonly local: Address; readonly connections: Connections } | undefined

  constructor(options: WebSocketOptions) {
    const url = readUrl(options.url)
    this.secure = url.protocol === 'wss:'
    this.protocol = this.secure ? 'WSS' : 'WS'
    this.#options = options
    this.policy = webSocketPolicy(options, options.keepAlive)
    this.#url = url
    const port = url.port === '' ? (this.secure ? 443 : 80) : Number(url.port)
    this.outbound = { host: unbracketed(url.hostname), port }
  }

  get local(): Address {
    if (this.#open === undefined) throw new StateError(`the ${this.protocol} transport is not listening`)
    return this.#open.local
  }

  async listen(receiver: TransportReceiver): Promise<void> {
    if (this.#open !== undefined) throw new StateError(`the ${this.protocol} transport is listening already`)
    const { maxBuffered, random = browserRandom } = this.#options
    const local = { host: `${randomToken(random, 12)}.invalid`, port: 0 }
    this.#open = { local, connections: new Connections(this, receiver, { maxBuffered }) }
  }

  connect(): Flow {
    const open = this.#open
    if (open === undefined) return closedFlow(this, this.outbound)
    return (
      open.connections.find(this.outbound) ??
      open.connections.add(
        this.outbound,
        (flow) => new WebSocketChannel(flow, (channel) => this.#connect(channel)),
      )
    )
  }

  async close(): Promise<void> {
    const connections = this.#open?.connections
    connections?.close()
    this.#open = undefined
  }

  #connect(channel: WebSocketChannel): WebSocketPort {
    const WebSocket: WebSocketClass = this.#options.WebSocket ?? globalThis.WebSocket
    return portOf(new WebSocket(this.#url.href, SIP_SUBPROTOCOL), channel)
  }
}

const OPEN = 1
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function portOf(socket: WebSocketLike, channel: WebSocketChannel): WebSocketPort {
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('open', () => channel.opened(socket.protocol))
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') channel.received(textToBytes(data))
    else if (data instanceof ArrayBuffer) channel.received(new Uint8Array(data))
  })
  // Browsers tell pages nothing but that it failed; `close` follows.
  socket.addEventListener('error', () => {})
  socket.addEventListener('close', ({ code, reason }) => channel.ended(closedWith(code, reason)))
  return {
    get open() {
      return socket.readyState === OPEN
    },
    get buffered() {
      return socket.bufferedAmount
    },
    send: (bytes, done) => {
      socket.send(textIn(bytes) ?? new Uint8Array(bytes))
      done()
    },
    close: () => socket.close(1000),
    // A page has no other way to drop a connection.
    drop: () => socket.close(),
  }
}

function textIn(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function readUrl(url: string | URL): URL {
  let read: URL
  try {
    read = new URL(url)
  } catch (cause) {
    throw new ArgumentError(`'${url}' is no URL`, { cause })
  }
  if (read.protocol !== 'ws:' && read.protocol !== 'wss:')
    throw new ArgumentError(`'${url}' is no URL of a WebSocket: it must begin with ws: or wss:`)
  return read
}
