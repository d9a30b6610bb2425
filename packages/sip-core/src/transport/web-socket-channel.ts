import type { Channel, ConnectionFlow } from './connection-flow.ts'
import type { ConnectionPolicy } from './connection-policy.ts'

/** The subprotocol that both sides of the handshake must name (RFC 7118 §4.1). */
export const SIP_SUBPROTOCOL = 'sip'

/** How the WebSockets of a transport are kept and bounded. Times are in milliseconds. */
export interface WebSocketLimits {
  /** Until a connection that does not open is given up; default 10 000. */
  readonly connectTimeout?: number
  /**
   * Without a message or a CRLF keep-alive either way, after which a connection is closed that no transaction uses;
   * default 0, never: whoever cannot be connected to can be reached only as long as the connection is open.
   */
  readonly idleTimeout?: number
  /**
   * Bytes that may wait on a connection, until it is open or for a peer that reads slowly; default 1 MiB. A peer
   * that lets more pile up is cut off. A single message may be larger.
   */
  readonly maxBuffered?: number
  /** Bytes of a message up to the empty line; default 65 535. A connection that brings more is closed. */
  readonly maxHead?: number
  /** Bytes of a message's body; default 65 535. */
  readonly maxBody?: number
}

/** What the transport manager is to see to, with the defaults in place. */
export function webSocketPolicy(options: WebSocketLimits, keepAlive = 0) {
  const { connectTimeout = 10_000, idleTimeout = 0, maxHead = 65_535, maxBody = 65_535 } = options
  return { connectTimeout, idleTimeout, keepAlive, limits: { maxHead, maxBody } } satisfies ConnectionPolicy
}

/** The WebSocket below a channel, as its platform brings it. What happens on it the platform tells the channel. */
export interface WebSocketPort {
  /** Whether it takes messages now. */
  readonly open: boolean
  /** Bytes that were handed to `send` and have not left yet. */
  readonly buffered: number
  /** Sends one message in one frame: of text if the bytes are UTF-8, else of bytes (RFC 7118 §4.2). */
  send(bytes: Uint8Array, done: (error?: Error | null) => void): void
  /** Closes in order; frames that wait are still sent. Does nothing when closed. */
  close(): void
  /** Drops the connection. */
  drop(): void
}

/**
 * One WebSocket with SIP in it, whichever side has opened it: a frame is a message, whatever its Content-Length says
 * (RFC 7118 §5). Knows no platform: a `WebSocketPort` does what has to be done to the socket.
 */
export class WebSocketChannel implements Channel {
  readonly #flow: ConnectionFlow
  readonly #port: WebSocketPort

  /** @param open makes the port, which tells the channel `opened`, `received` and `ended`, never before it returns */
  constructor(flow: ConnectionFlow, open: (channel: WebSocketChannel) => WebSocketPort) {
    this.#flow = flow
    this.#port = open(this)
  }

  get buffered(): number {
    return this.#port.buffered
  }

  write(bytes: Uint8Array, done: (error?: Error | null) => void): void {
    if (this.#port.open) this.#port.send(bytes, done)
    else done(new Error('the WebSocket is closing'))
  }

  end(): void {
    this.#port.close()
  }

  destroy(): void {
    this.#port.drop()
  }

  /** For the platform: the handshake is done; `subprotocol` is what the peer has chosen. */
  opened(subprotocol: string): void {
    if (subprotocol === SIP_SUBPROTOCOL) this.#flow.opened()
    else this.ended(new Error(`the peer does not speak SIP: its subprotocol is '${subprotocol}'`))
  }

  /** For the platform: a frame came, of text (its UTF-8) or of bytes. */
  received(bytes: Uint8Array): void {
    this.#flow.received(bytes)
  }

  /** For the platform: there is no connection any more, or none came about. */
  ended(cause?: Error): void {
    this.#flow.ended(cause)
  }
}

// RFC 6455 §7.4.1: normal, going away, and a close frame without a code.
const IN_ORDER: ReadonlySet<number> = new Set([1000, 1001, 1005])

/** Why a connection is gone that the peer has closed with `code`; undefined if in order. */
export function closedWith(code: number, reason: string): Error | undefined {
  if (IN_ORDER.has(code)) return undefined
  return new Error(`closed with ${code}${reason === '' ? '' : ` (${reason})`}`)
}
