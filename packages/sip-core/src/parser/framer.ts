import { ParseError } from '../base/errors.ts'

/** What a transport's bytes are cut into. */
export type Frame =
  /** One whole message, for `parseMessage`. */
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  /** The second of two line breaks between messages: a keep-alive that wants a pong (RFC 5626 §3.5.1). */
  | { readonly type: 'ping' }
  /**
   * A line break between messages: the answer to a ping, or the first half of one. Told as soon as it is there, so
   * that a ping is a `pong` and a `ping`, and the answers to two pings are, too: which it is knows who has asked.
   */
  | { readonly type: 'pong' }
  /**
   * No more messages can be told apart, this is the last frame. `bytes` is what there is of the head; if it holds a
   * request, that deserves the answer `status`.
   */
  | {
      readonly type: 'error'
      readonly error: ParseError
      readonly status: 400 | 513
      readonly bytes: Uint8Array
    }

/** How large a message may be, in bytes. */
export interface FramerLimits {
  /** Start line, headers and the empty line behind them; default 65535. */
  readonly maxHead: number
  /** The body; default 65535. */
  readonly maxBody: number
}

/** As much as a datagram could hold, for each part. */
export const DEFAULT_FRAMER_LIMITS: FramerLimits = { maxHead: 65_535, maxBody: 65_535 }

/** Bytes in, frames out. */
export interface Framer {
  /** Bytes that are kept because the message that they belong to is not complete. */
  readonly pending: number
  /** Takes the next bytes. They must not change afterwards: messages are cut out of them without copying. */
  push(bytes: Uint8Array): void
  /** The next frame in what was taken, if there is one. */
  next(): Frame | undefined
}

export const PING: Frame = { type: 'ping' }
export const PONG: Frame = { type: 'pong' }

/** The framer of a transport that keeps messages apart itself, as datagrams and WebSockets do. */
export class MessageFramer implements Framer {
  readonly pending = 0
  readonly #limits: FramerLimits
  #frame: Frame | undefined

  constructor(limits: FramerLimits = DEFAULT_FRAMER_LIMITS) {
    this.#limits = limits
  }

  push(bytes: Uint8Array): void {
    this.#frame = isBlank(bytes) ? keepAlive(bytes) : this.#message(bytes)
  }

  next(): Frame | undefined {
    const frame = this.#frame
    this.#frame = undefined
    return frame
  }

  #message(bytes: Uint8Array): Frame {
    const { maxHead, maxBody } = this.#limits
    return bytes.length > maxHead + maxBody
      ? tooLarge('message', maxHead + maxBody, bytes)
      : { type: 'message', bytes }
  }
}

/** The frame that ends it all because something is larger than it may be. */
export function tooLarge(within: string, limit: number, bytes: Uint8Array, found = 'more'): Frame {
  const error = new ParseError({ expected: `at most ${limit} bytes`, found, offset: limit, within })
  return { type: 'error', status: 513, error, bytes }
}

// Some peers send NULs instead of line breaks, or nothing at all: alive is what they are.
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 13 || byte === 10 || byte === 0)
}

function keepAlive(bytes: Uint8Array): Frame | undefined {
  const breaks = bytes.length / 2
  if (breaks > 2 || !bytes.every((byte, i) => byte === (i % 2 === 0 ? 13 : 10))) return undefined
  return breaks === 2 ? PING : breaks === 1 ? PONG : undefined
}
