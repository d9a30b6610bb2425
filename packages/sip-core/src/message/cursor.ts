import { ParseError } from '../base/errors.ts'
import { DIGIT, HOST, IPV6, isOneOf, TOKEN, WS } from './chars.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * A reading position in a wire string. Every header and URI is read through one: forward only, one character at
 * a time, so that reading takes linear time whatever a peer sends.
 */
export class Cursor {
  /** The string being read, of which only the part up to `end` counts. */
  readonly text: string
  /** What is being read, for error messages: a header's name, `'URI'`, ... */
  within: string
  /** Where the next character stands. */
  at: number
  /** Where reading ends. */
  end: number

  constructor(text: string, within: string, at = 0, end = text.length) {
    this.text = text
    this.within = within
    this.at = at
    this.end = end
  }

  /** Moves to another part of the same string. */
  moveTo(at: number, end: number, within: string): this {
    this.at = at
    this.end = end
    this.within = within
    return this
  }

  get done(): boolean {
    return this.at >= this.end
  }

  /** The code of the next character, -1 at the end. */
  peek(): number {
    return this.at < this.end ? this.text.charCodeAt(this.at) : -1
  }

  /** Steps over whitespace, folds included. */
  skipWs(): void {
    while (this.at < this.end && isOneOf(this.text.charCodeAt(this.at), WS)) this.at++
  }

  /** Steps over `code` if it is the next character; tells whether it was. */
  eat(code: number): boolean {
    if (this.at >= this.end || this.text.charCodeAt(this.at) !== code) return false
    this.at++
    return true
  }

  /** Steps over whitespace, `code` and whitespace, if `code` comes next; else only over the whitespace. */
  eatPadded(code: number): boolean {
    this.skipWs()
    if (!this.eat(code)) return false
    this.skipWs()
    return true
  }

  /** Steps over `code`, which must be the next character. */
  expect(code: number, what: string): void {
    if (!this.eat(code)) this.fail(what)
  }

  /** The longest run, at least one character, of characters in `sets` (see chars.ts). */
  run(sets: number, what: string): string {
    const start = this.at
    this.skipRun(sets)
    if (this.at === start) this.fail(what)
    return this.text.slice(start, this.at)
  }

  /** Steps over all characters in `sets`. */
  skipRun(sets: number): void {
    const { text, end } = this
    let at = this.at
    while (at < end && isOneOf(text.charCodeAt(at), sets)) at++
    this.at = at
  }

  /** A token (RFC 3261 §25.1). */
  token(what: string): string {
    return this.run(TOKEN, what)
  }

  /** A quoted string, unquoted and unescaped, still in wire form. */
  quoted(what = 'a quoted string'): string {
    return unquote(this.rawQuoted(what))
  }

  /** A quoted string as it stands, quotes and escapes included, but unfolded. */
  rawQuoted(what = 'a quoted string'): string {
    const start = this.at
    this.expect(QUOTE, what)
    const { text, end } = this
    let folded = false
    for (let at = this.at; at < end; at++) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.at = at + 1
        const raw = text.slice(start, this.at)
        return folded ? unfold(raw) : raw
      }
      if (code > 13 && code !== BACKSLASH) continue
      if (code === 0 || (code === BACKSLASH && isLineBreak(text.charCodeAt(++at)))) {
        this.at = Math.min(at, end)
        return this.fail('the closing quote of a quoted string')
      }
      folded ||= isLineBreak(code)
    }
    this.at = end
    return this.fail('the closing quote of a quoted string')
  }

  /**
   * A comment in parentheses, which may hold others (RFC 3261 §25.1), unescaped and without its own parentheses,
   * still in wire form; `undefined`, and nothing read, if none comes next.
   */
  comment(): string | undefined {
    if (this.peek() !== 0x28) return undefined
    const start = this.at
    let depth = 0
    while (this.at < this.end) {
      const code = this.text.charCodeAt(this.at++)
      if (code === BACKSLASH) this.at++
      else if (code === 0x28) depth++
      else if (code === 0x29 && --depth === 0) return unquote(unfold(this.text.slice(start, this.at)))
    }
    this.at = this.end
    return this.fail("the ')' of a comment")
  }

  /** A host: a name, an IPv4 address, or an IPv6 address with its brackets. Returned as written. */
  host(): string {
    const start = this.at
    if (this.eat(0x5b)) {
      // Any run of hexadecimal digits, colons and dots: RFC 5118 §4.10 wants even ':::' tolerated.
      this.skipRun(IPV6)
      if (this.at - start < 3) this.fail('an IPv6 address')
      this.expect(0x5d, "the ']' after an IPv6 address")
      return this.text.slice(start, this.at)
    }
    return this.run(HOST, 'a host')
  }

  /** The port after a host and a colon. */
  port(): number {
    return this.uint('a port', 65535)
  }

  /** A decimal number from 0 to `max`, leading zeros allowed. */
  uint(what: string, max: number): number {
    const start = this.at
    let value = 0
    while (this.at < this.end) {
      const code = this.text.charCodeAt(this.at)
      if (!isOneOf(code, DIGIT)) break
      value = value * 10 + (code - 48)
      this.at++
    }
    if (this.at === start) this.fail(what)
    if (value > max) {
      this.at = start
      this.fail(`${what} up to ${max}`)
    }
    return value
  }

  /** Everything up to the end, unfolded, without whitespace around it. */
  rest(): string {
    this.skipWs()
    const start = this.at
    let end = this.end
    while (end > start && isOneOf(this.text.charCodeAt(end - 1), WS)) end--
    this.at = this.end
    return unfold(this.text.slice(start, end))
  }

  /** Throws the error that says what should have come here. */
  fail(expected: string): never {
    const found = this.done
      ? 'end of input'
      : JSON.stringify(this.text.slice(this.at, Math.min(this.at + 24, this.end)))
    throw new ParseError({ expected, found, offset: this.at, within: this.within })
  }
}

/** Reads `text` from its first to its last character with `parse`; anything left over is an error. */
export function parseWhole<T>(text: string, within: string, parse: (cursor: Cursor) => T): T {
  const cursor = new Cursor(text, within)
  cursor.skipWs()
  const value = parse(cursor)
  cursor.skipWs()
  if (!cursor.done) cursor.fail('the end')
  return value
}

/** A wire string with each fold (line break and the whitespace around it) made one space (RFC 3261 §7.3.1). */
export function unfold(wire: string): string {
  if (!wire.includes('\r') && !wire.includes('\n')) return wire
  let unfolded = ''
  let from = 0
  for (let at = 0; at < wire.length; at++) {
    if (!isLineBreak(wire.charCodeAt(at))) continue
    let start = at
    while (start > from && isOneOf(wire.charCodeAt(start - 1), WS)) start--
    while (at < wire.length && isOneOf(wire.charCodeAt(at), WS)) at++
    unfolded += `${wire.slice(from, start)} `
    from = at
  }
  return unfolded + wire.slice(from)
}

/** What stands between the quotes of a raw quoted string, or the parentheses of a comment, escapes resolved. */
export function unquote(raw: string): string {
  if (!raw.includes('\\')) return raw.slice(1, -1)
  let value = ''
  for (let at = 1; at < raw.length - 1; at++) {
    if (raw.charCodeAt(at) === BACKSLASH) at++
    value += raw[at]
  }
  return value
}

/** A wire string as a quoted string. */
export function quote(wire: string): string {
  let quoted = '"'
  for (let at = 0; at < wire.length; at++) {
    const code = wire.charCodeAt(at)
    if (code === QUOTE || code === BACKSLASH) quoted += '\\'
    quoted += wire[at]
  }
  return `${quoted}"`
}

/** A wire string as a comment. */
export function comment(wire: string): string {
  let written = '('
  for (let at = 0; at < wire.length; at++) {
    const code = wire.charCodeAt(at)
    if (code === 0x28 || code === 0x29 || code === BACKSLASH) written += '\\'
    written += wire[at]
  }
  return `${written})`
}

function isLineBreak(code: number): boolean {
  return code === 13 || code === 10
}
