import { ParseError } from '../base/errors.ts'
import { DIGIT, isOneOf, TOKEN } from '../message/chars.ts'
import {
  DEFAULT_FRAMER_LIMITS,
  type Frame,
  type Framer,
  type FramerLimits,
  PING,
  PONG,
  tooLarge,
} from './framer.ts'

const CR = 13
const LF = 10
const COLON = 0x3a
const LOWER = 0x20
const NAME = 'content-length'
const ROOM = 512

/** Where the stream is. */
type Phase =
  /** Between two messages. */
  | 'gap'
  /** Before the empty line. */
  | 'head'
  /** Behind it. */
  | 'body'
  /** Lost: nothing that comes now means anything. */
  | 'lost'

/**
 * Cuts a stream (TCP, TLS) into messages by their Content-Length (RFC 3261 §18.3), and finds the keep-alives between
 * them. Each byte is looked at once and copied at most a few times, however the stream is chopped; what is kept is
 * never more than four times what has come of one message.
 *
 * The same stream gives the same frames for any chunks.
 *
 * @see pjsip_find_msg
 */
export class StreamFramer implements Framer {
  readonly #limits: FramerLimits
  #phase: Phase = 'gap'
  /** What was taken, from `#start` to `#end`; behind `#end` is room. */
  #bytes: Uint8Array = EMPTY
  #start = 0
  #end = 0
  /** Whether `#bytes` is ours, and not a chunk that may be far larger than what is left of it. */
  #own = true
  /** Line breaks since the last message. */
  #breaks = 0
  // All places from here on are counted from `#start`, so that the bytes can move.
  /** Where to look next. */
  #at = 0
  /** Where the present line begins. */
  #line = 0
  /** Where the values of the Content-Length lines begin. */
  #lengths: number[] = []
  /** Where the message ends, once that is known. */
  #total = 0

  constructor(limits: FramerLimits = DEFAULT_FRAMER_LIMITS) {
    this.#limits = limits
  }

  get pending(): number {
    return this.#end - this.#start
  }

  push(chunk: Uint8Array): void {
    if (this.#phase === 'lost' || chunk.length === 0) return
    if (this.pending === 0) this.#use(chunk, chunk.length, false)
    else {
      if (this.#end + chunk.length > this.#bytes.length) this.#move(this.pending + chunk.length)
      this.#bytes.set(chunk, this.#end)
      this.#end += chunk.length
    }
  }

  next(): Frame | undefined {
    if (this.#phase === 'gap' && this.#start < this.#end) {
      const frame = this.#gap()
      if (frame !== undefined) return frame
    }
    if (this.#phase === 'head') {
      const frame = this.#head()
      if (frame !== undefined) return frame
    }
    if (this.#phase === 'body' && this.pending >= this.#total) return this.#message()
    // A large chunk or buffer is not kept for the few bytes that are left in it.
    if (!this.#own || this.#bytes.length > Math.max(ROOM, 4 * this.pending)) this.#move(this.pending)
    return undefined
  }

  #gap(): Frame | undefined {
    const first = this.#bytes[this.#start] as number
    if (first === CR) {
      if (this.pending < 2) return undefined
      if (this.#bytes[this.#start + 1] !== LF) return this.#lose('gap', 'LF behind CR', 1)
      this.#start += 2
      return ++this.#breaks % 2 === 0 ? PING : PONG
    }
    // What cannot begin a message never becomes one: a TLS handshake, say, at the wrong port.
    if (!isOneOf(first, TOKEN)) return this.#lose('gap', 'a message or CR LF', 0)
    this.#phase = 'head'
    this.#breaks = 0
    this.#at = 0
    this.#line = 0
    this.#lengths = []
    return undefined
  }

  // Looks for the end of each line up to the empty one, and keeps in mind which were Content-Length.
  #head(): Frame | undefined {
    const bytes = this.#bytes
    const start = this.#start
    const limit = this.#limits.maxHead
    const end = Math.min(this.#end, start + limit)
    let line = start + this.#line
    for (let at = start + this.#at; at < end; at++) {
      if (bytes[at] !== LF) continue
      if (at - line === 1 && bytes[line] === CR) return this.#body(at + 1 - start)
      // The first line is none of the headers.
      const value = line === start ? -1 : lengthValueAt(bytes, line)
      if (value >= 0) this.#lengths.push(value - start)
      line = at + 1
    }
    this.#line = line - start
    this.#at = end - start
    return this.#at === limit ? this.#fail(tooLarge('head', limit, this.#rest())) : undefined
  }

  #body(head: number): Frame | undefined {
    const end = this.#start + head
    let length: number | undefined
    for (const place of this.#lengths) {
      const value = readLength(this.#bytes, this.#start + place, end)
      if (value === undefined) return this.#lose('Content-Length', 'a number of bytes', place, head)
      if (length !== undefined && value !== length)
        return this.#lose('Content-Length', 'one value and no other', place, head)
      length = value
    }
    // RFC 3261 §20.14: on a stream it must be there.
    if (length === undefined) return this.#lose('head', 'a Content-Length', head, head)
    const { maxBody } = this.#limits
    if (length > maxBody) return this.#fail(tooLarge('body', maxBody, this.#rest(head), String(length)))
    this.#phase = 'body'
    this.#total = head + length
    return undefined
  }

  #message(): Frame {
    const end = this.#start + this.#total
    const bytes = this.#bytes.subarray(this.#start, end)
    this.#start = end
    this.#phase = 'gap'
    return { type: 'message', bytes }
  }

  #lose(within: string, expected: string, offset: number, head?: number): Frame {
    const bytes = this.#rest(head)
    const found =
      offset < bytes.length
        ? JSON.stringify(String.fromCharCode(...bytes.subarray(offset, offset + 24)))
        : 'end of input'
    const error = new ParseError({ within, expected, found, offset })
    return this.#fail({ type: 'error', status: 400, error, bytes })
  }

  #fail(frame: Frame): Frame {
    this.#phase = 'lost'
    this.#use(EMPTY, 0, true)
    return frame
  }

  #rest(length = Number.POSITIVE_INFINITY): Uint8Array {
    return this.#bytes.subarray(this.#start, Math.min(this.#end, this.#start + length))
  }

  // To bytes of our own, with room for as much again. What was cut out before stays where it is.
  #move(needed: number): void {
    const rest = this.#rest()
    const bytes = needed === 0 ? EMPTY : new Uint8Array(Math.max(ROOM, 2 * needed))
    bytes.set(rest)
    this.#use(bytes, rest.length, true)
  }

  #use(bytes: Uint8Array, end: number, own: boolean): void {
    this.#bytes = bytes
    this.#start = 0
    this.#end = end
    this.#own = own
  }
}

const EMPTY = new Uint8Array()

// Where the value begins, if the line is a Content-Length or its compact form; -1 if it is another.
function lengthValueAt(bytes: Uint8Array, line: number): number {
  const first = (bytes[line] as number) | LOWER
  let at = line
  if (first === 0x6c) at += 1
  else if (first === 0x63) {
    for (let i = 0; i < NAME.length; i++)
      if (((bytes[at + i] as number) | LOWER) !== NAME.charCodeAt(i)) return -1
    at += NAME.length
  } else return -1
  while (isBlank(bytes[at])) at++
  return bytes[at] === COLON ? at + 1 : -1
}

// The digits that are all there is of a value, which may be folded; undefined if there is anything else.
function readLength(bytes: Uint8Array, from: number, end: number): number | undefined {
  let at = skipBlanks(bytes, from, end)
  const digits = at
  let value = 0
  for (; isOneOf(bytes[at] as number, DIGIT); at++) value = value * 10 + (bytes[at] as number) - 0x30
  const found = at > digits
  at = skipBlanks(bytes, at, end)
  return found && isLineEnd(bytes, at, end) ? value : undefined
}

// Blanks, and line breaks that are followed by one.
function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (isBlank(bytes[at]) || isFold(bytes, at, end)) at += isBlank(bytes[at]) ? 1 : 2
  return at
}

function isFold(bytes: Uint8Array, at: number, end: number): boolean {
  return bytes[at] === CR && bytes[at + 1] === LF && at + 2 < end && isBlank(bytes[at + 2])
}

function isLineEnd(bytes: Uint8Array, at: number, end: number): boolean {
  return bytes[at] === CR && bytes[at + 1] === LF && at + 2 <= end
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09
}
