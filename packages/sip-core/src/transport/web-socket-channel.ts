import type { Clock, Timer } from '../base/clock.ts'
import { QuietTimer } from '../base/quiet-timer.ts'
import type { Channel, ConnectionFlow } from './connection-flow.ts'

/** The subprotocol that both sides of the handshake must name (RFC 7118 §4.1). */
export const SIP_SUBPROTOCOL = 'sip'

/** How a WebSocket is kept and bounded; the same in Node and in the browser. */
export interface WebSocketLimits {
  /** Bytes that a message which arrives may have; default 65 535. Past it the connection is closed (1009). */
  readonly maxMessage?: number
  /**
   * Bytes that may wait on a connection, until it is open or for a peer that reads slowly; default 1 MiB. A peer
   * that lets more pile up is cut off. A single message may be larger.
   */
  readonly maxBuffered?: number
  /** Milliseconds until a connection that does not open is given up; default 10 000. */
  readonly connectTimeout?: number
  /**
   * Milliseconds without a sign of the peer after which it is asked for one; default 30 000, 0 never asks. Node
   * asks by a ping frame; a page cannot, and sends the CRLF CRLF of RFC 5626 §4.4.1 (RFC 7118 §6).
   */
  readonly keepAlive?: number
  /** Milliseconds that the peer then has to show one, before the connection is given up; default 10 000. */
  readonly keepAliveTimeout?: number
  /**
   * Milliseconds without a message, or a CRLF keep-alive from the peer, after which a connection is closed; default
   * 0, never: a peer that cannot be connected to can be reached as long only as its connection is open.
   */
  readonly idleTimeout?: number
}

/** `WebSocketLimits` with the defaults in place. */
export type WebSocketBounds = Required<Omit<WebSocketLimits, 'maxBuffered'>>

export function webSocketBounds(limits: WebSocketLimits): WebSocketBounds {
  return {
    maxMessage: limits.maxMessage ?? 65_535,
    connectTimeout: limits.connectTimeout ?? 10_000,
    keepAlive: limits.keepAlive ?? 30_000,
    keepAliveTimeout: limits.keepAliveTimeout ?? 10_000,
    idleTimeout: limits.idleTimeout ?? 0,
  }
}

/** The WebSocket below a channel, as its platform brings it. What happens on it the platform tells the channel. */
export interface WebSocketPort {
  /** Whether it takes messages now. */
  readonly open: boolean
  /** Bytes that were handed to `send` and have not left yet. */
  readonly buffered: number
  /** Sends one message in one frame: of text if the bytes are UTF-8, else of bytes (RFC 7118 §4.2). */
  send(bytes: Uint8Array, done: (error?: Error | null) => void): void
  /** Asks the peer for a sign. */
  ping(): void
  /** Closes with a status code of RFC 6455 §7.4.1; frames that wait are still sent. Does nothing when closed. */
  close(code: CloseCode): void
  /** Drops the connection. */
  drop(): void
}

/** In order, the whole end goes away, a subprotocol that was not asked for, a message too big (RFC 6455 §7.4.1). */
export type CloseCode = 1000 | 1001 | 1002 | 1009

/** What a channel works with. */
export interface WebSocketChannelInit {
  readonly flow: ConnectionFlow
  readonly clock: Clock
  readonly bounds: WebSocketBounds
  /** With which code the connection is closed in order, asked when it is. */
  readonly closeCode: () => 1000 | 1001
  /** Makes the port, which tells the channel `opened`, `received`, `heard` and `ended`, never before this returns. */
  readonly open: (channel: WebSocketChannel) => WebSocketPort
}

// RFC 6455 §7.4.1: normal, going away, and a close frame without a code.
const IN_ORDER: ReadonlySet<number> = new Set([1000, 1001, 1005])

/** Why a connection is gone that the peer has closed with `code`; undefined if in order. */
export function closedWith(code: number, reason: string): Error | undefined {
  if (IN_ORDER.has(code)) return undefined
  return new Error(`closed with ${code}${reason === '' ? '' : ` (${reason})`}`)
}

const CRLF = Uint8Array.of(13, 10)

/**
 * One WebSocket with SIP in it, whichever side has opened it: a frame is a message, whatever its Content-Length says
 * (RFC 7118 §5). Keeps the connection alive, and gives it up when the peer is gone. Knows no platform: a
 * `WebSocketPort` does what has to be done to the socket.
 */
export class WebSocketChannel implements Channel {
  readonly #init: WebSocketChannelInit
  readonly #port: WebSocketPort
  #stage: Stage

  constructor(init: WebSocketChannelInit) {
    this.#init = init
    this.#port = init.open(this)
    const { connectTimeout } = init.bounds
    const limit = init.clock.setTimer(connectTimeout, () =>
      this.#giveUp(`not open within ${connectTimeout} ms`),
    )
    this.#stage = { name: 'opening', limit }
  }

  get buffered(): number {
    return this.#port.buffered
  }

  write(bytes: Uint8Array, done: (error?: Error | null) => void): void {
    if (this.#stage.name !== 'open' || !this.#port.open) return done(new Error('the connection is closing'))
    this.#stage.used.touch()
    this.#port.send(bytes, done)
  }

  end(): void {
    this.#stop()
    this.#port.close(this.#init.closeCode())
  }

  destroy(): void {
    this.#stop()
    this.#port.drop()
  }

  /** For the platform: the handshake is done; `subprotocol` is what the peer has chosen. */
  opened(subprotocol: string): void {
    const { clock, bounds, flow } = this.#init
    const stage = this.#stage
    if (stage.name !== 'opening') return
    if (subprotocol !== SIP_SUBPROTOCOL)
      return this.#giveUp(`the peer does not speak SIP: its subprotocol is '${subprotocol}'`, 1002)
    stage.limit.cancel()
    this.#stage = {
      name: 'open',
      heard: new QuietTimer(clock, bounds.keepAlive, () => this.#ask()),
      used: new QuietTimer(clock, bounds.idleTimeout, () => flow.close()),
      asked: undefined,
    }
    flow.opened()
  }

  /** For the platform: a frame came, of text (its UTF-8) or of bytes. */
  received(bytes: Uint8Array): void {
    this.heard()
    const stage = this.#stage
    if (stage.name !== 'open') return
    switch (keepAliveIn(bytes)) {
      case 'ping':
        // RFC 7118 §6, RFC 5626 §4.4.1: who asks wants the connection kept.
        this.write(CRLF, () => {})
        break
      case 'pong':
        break
      default:
        if (bytes.length > this.#init.bounds.maxMessage) return this.tooBig()
        stage.used.touch()
        this.#init.flow.received(bytes)
        break
    }
  }

  /** For the platform: the peer has shown that it is there. */
  heard(): void {
    const stage = this.#stage
    if (stage.name !== 'open') return
    if (stage.asked === undefined) return stage.heard.touch()
    stage.asked.cancel()
    stage.asked = undefined
    stage.heard.restart()
  }

  /** For the platform: the peer sends more than the limit in one message. */
  tooBig(): void {
    this.#giveUp(`a message of more than ${this.#init.bounds.maxMessage} bytes came`, 1009)
  }

  /** For the platform: there is no connection any more, or none came about. */
  ended(cause?: Error): void {
    this.#stop()
    this.#init.flow.ended(cause)
  }

  #ask(): void {
    const { clock, bounds } = this.#init
    const stage = this.#stage
    if (stage.name !== 'open') return
    const { keepAliveTimeout } = bounds
    stage.asked = clock.setTimer(keepAliveTimeout, () =>
      this.#giveUp(`no sign of the peer within ${keepAliveTimeout} ms`),
    )
    this.#port.ping()
  }

  #giveUp(why: string, code?: CloseCode): void {
    if (code === undefined) this.#port.drop()
    else this.#port.close(code)
    this.ended(new Error(why))
  }

  #stop(): void {
    const stage = this.#stage
    this.#stage = { name: 'over' }
    if (stage.name === 'opening') stage.limit.cancel()
    if (stage.name !== 'open') return
    stage.heard.cancel()
    stage.used.cancel()
    stage.asked?.cancel()
  }
}

type Stage =
  | { readonly name: 'opening'; readonly limit: Timer }
  // `asked` runs from a question to the peer until it shows a sign.
  | { readonly name: 'open'; readonly heard: QuietTimer; readonly used: QuietTimer; asked: Timer | undefined }
  | { readonly name: 'over' }

function keepAliveIn(bytes: Uint8Array): 'ping' | 'pong' | undefined {
  if (bytes.length > 4 || bytes[0] !== 13 || bytes[1] !== 10) return undefined
  if (bytes.length === 2) return 'pong'
  return bytes.length === 4 && bytes[2] === 13 && bytes[3] === 10 ? 'ping' : undefined
}
