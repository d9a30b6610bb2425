import { ArgumentError, ParseError } from '../base/errors.ts'
import { Cursor } from './cursor.ts'
import { type HeaderCodec, headerKey, readValues } from './header-codec.ts'
import { textToWire, wireToText } from './wire.ts'

/**
 * The headers of a message, to read: typed by a codec (`headers.get(Via)`), or as text by name
 * (`headers.get('X-Account')`; short forms and any case are the same name).
 *
 * @see pjsip_msg_find_hdr
 */
export interface HeaderReader extends Iterable<readonly [name: string, text: string]> {
  /**
   * The first value of a header; `undefined` if the header is absent.
   *
   * @throws ParseError when it is malformed (in a message that the parser took: only headers it was not told of)
   */
  get<T>(header: HeaderCodec<T>): T | undefined
  /** The text of the first line of that name, unfolded and without whitespace around it. */
  get(name: string): string | undefined
  /**
   * Every value, over all lines.
   *
   * @throws ParseError when one is malformed
   */
  getAll<T>(header: HeaderCodec<T>): readonly T[]
  /** The text of every line of that name, not split at commas. */
  getAll(name: string): readonly string[]
  has(header: HeaderCodec<unknown> | string): boolean
  /** How many lines there are. */
  readonly size: number
  /** The values of every line of a header as wire strings, for copying: as they came, but unfolded. */
  rawLines(header: HeaderCodec<unknown> | string): readonly string[]
  /** Every line but Content-Length, which the printer writes, as it goes on the wire, with its CRLF. */
  toWire(): string
}

interface Line {
  readonly key: string
  readonly name: string
  /** The value as it is printed. */
  readonly wire: string
  /** What it was made from or was read as, and by which codec. */
  header: HeaderCodec<unknown> | undefined
  values: readonly unknown[]
}

const NONE: readonly never[] = []

/**
 * The headers of a message that we build. Lines keep their order.
 *
 * A value is checked when it is put here: what holds a line break or NUL, or is no value of that header, throws,
 * so that nothing unsafe can reach the wire. Content-Length is not kept here: the printer writes it.
 */
export class Headers implements HeaderReader {
  readonly #lines: Line[] = []

  /** A copy, line by line as they came, of headers that cannot be changed: what a proxy forwards. */
  static from(headers: HeaderReader): Headers {
    const copy = new Headers()
    const wire = headers.toWire()
    for (let start = 0; start < wire.length; ) {
      const end = wire.indexOf('\r\n', start)
      const colon = wire.indexOf(':', start)
      const name = wire.slice(start, colon)
      const value = wire.slice(colon + 2, end)
      copy.#lines.push({ key: headerKey(name), name, wire: value, header: undefined, values: NONE })
      start = end + 2
    }
    return copy
  }

  /** A copy that can be changed on its own. */
  clone(): Headers {
    const copy = new Headers()
    for (const line of this.#lines) copy.#lines.push({ ...line })
    return copy
  }

  /**
   * Sets a header to one value, in place of all the lines it had. Text given to a typed header is read as that
   * header (`set(To, '<sip:a@example.com>')`) and may hold several values where the header may.
   *
   * @throws ArgumentError when the value cannot be written
   */
  set<T>(header: HeaderCodec<T>, value: T | string): this
  set(name: string, text: string): this
  set<T>(header: HeaderCodec<T> | string, value: T | string): this {
    return this.#replace(keyOf(header), [lineOf(header, value)])
  }

  /**
   * Sets a header to several values. None takes the header away, unless it is one that may be empty (`Allow`,
   * `Supported`, ...): then it is written empty.
   *
   * @throws ArgumentError when a value cannot be written, or there are several and the header takes only one
   */
  setAll<T>(header: HeaderCodec<T>, values: readonly T[]): this {
    if (header.kind === 'single' && values.length > 1)
      throw new ArgumentError(`${header.name} takes one value`)
    if (header.kind === 'lines' || header.linePerValue) {
      return this.#replace(
        header.key,
        values.map((value) => typedLine(header, [value])),
      )
    }
    return this.#replace(
      header.key,
      values.length > 0 || header.mayBeEmpty ? [typedLine(header, values)] : [],
    )
  }

  /**
   * Adds a line behind all others.
   *
   * @throws ArgumentError when the value cannot be written
   */
  add<T>(header: HeaderCodec<T>, value: T | string): this
  add(name: string, text: string): this
  add<T>(header: HeaderCodec<T> | string, value: T | string): this {
    this.#lines.push(lineOf(header, value))
    return this
  }

  /**
   * Adds a line before those that the header has; before all others if it has none.
   *
   * @throws ArgumentError when the value cannot be written
   */
  prepend<T>(header: HeaderCodec<T>, value: T | string): this
  prepend(name: string, text: string): this
  prepend<T>(header: HeaderCodec<T> | string, value: T | string): this {
    const line = lineOf(header, value)
    const first = this.#lines.findIndex(({ key }) => key === line.key)
    this.#lines.splice(Math.max(first, 0), 0, line)
    return this
  }

  /** Takes away every line of a header. */
  delete(header: HeaderCodec<unknown> | string): this {
    return this.#replace(keyOf(header), [])
  }

  /** Adds the lines that `from` has of a header, as they came; nothing if it has none. */
  copy(from: HeaderReader, header: HeaderCodec<unknown> | string): this {
    const key = keyOf(header)
    const name = typeof header === 'string' ? header : header.name
    for (const wire of from.rawLines(header))
      this.#lines.push({ key, name, wire, header: undefined, values: NONE })
    return this
  }

  get<T>(header: HeaderCodec<T>): T | undefined
  get(name: string): string | undefined
  get<T>(header: HeaderCodec<T> | string): T | string | undefined {
    const key = keyOf(header)
    for (const line of this.#lines) {
      if (line.key !== key) continue
      if (typeof header === 'string') return wireToText(line.wire)
      const values = valuesOf(line, header)
      if (values.length > 0) return values[0]
    }
    return undefined
  }

  getAll<T>(header: HeaderCodec<T>): readonly T[]
  getAll(name: string): readonly string[]
  getAll<T>(header: HeaderCodec<T> | string): readonly (T | string)[] {
    if (typeof header === 'string') return this.rawLines(header).map(wireToText)
    return this.#lines.filter(({ key }) => key === header.key).flatMap((line) => valuesOf(line, header))
  }

  has(header: HeaderCodec<unknown> | string): boolean {
    const key = keyOf(header)
    return this.#lines.some((line) => line.key === key)
  }

  get size(): number {
    return this.#lines.length
  }

  rawLines(header: HeaderCodec<unknown> | string): readonly string[] {
    const key = keyOf(header)
    const lines: string[] = []
    for (const line of this.#lines) if (line.key === key) lines.push(line.wire)
    return lines
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, text: string]> {
    for (const { name, wire } of this.#lines) yield [name, wireToText(wire)]
  }

  toWire(): string {
    let wire = ''
    for (const line of this.#lines)
      if (line.key !== 'content-length') wire += `${line.name}: ${line.wire}\r\n`
    return wire
  }

  #replace(key: string, replacement: readonly Line[]): this {
    const first = this.#lines.findIndex((line) => line.key === key)
    if (first < 0) {
      this.#lines.push(...replacement)
      return this
    }
    const behind = this.#lines.splice(first).filter((line) => line.key !== key)
    this.#lines.push(...replacement, ...behind)
    return this
  }
}

/** The key of a header given by its codec or by its name in any form. */
export function keyOf(header: HeaderCodec<unknown> | string): string {
  return typeof header === 'string' ? headerKey(header) : header.key
}

function lineOf<T>(header: HeaderCodec<T> | string, value: T | string): Line {
  if (typeof header !== 'string') {
    return typeof value === 'string' ? textLine(header, value) : typedLine(header, [value])
  }
  const key = headerKey(header)
  const wire = textToWire(String(value)).trim()
  checkWire(header, wire, false)
  return { key, name: header, wire, header: undefined, values: NONE }
}

function typedLine<T>(header: HeaderCodec<T>, values: readonly T[]): Line {
  let wire = ''
  for (const value of values) wire += wire === '' ? header.print(value) : `, ${header.print(value)}`
  checkWire(header.name, wire, true)
  return { key: header.key, name: header.name, wire, header, values }
}

function textLine<T>(header: HeaderCodec<T>, text: string): Line {
  const wire = textToWire(text).trim()
  checkWire(header.name, wire, false)
  try {
    return { key: header.key, name: header.name, wire, header, values: read(header, wire) }
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause
    throw new ArgumentError(`${JSON.stringify(text)} is no value for ${header.name}: ${cause.message}`, {
      cause,
    })
  }
}

function valuesOf<T>(line: Line, header: HeaderCodec<T>): readonly T[] {
  if (line.header !== header) {
    line.values = read(header, line.wire)
    line.header = header
  }
  return line.values as readonly T[]
}

function read<T>(header: HeaderCodec<T>, wire: string): T[] {
  return readValues(header, new Cursor(wire, header.name))
}

function checkWire(name: string, wire: string, escapedNul: boolean): void {
  if (wire.includes('\r') || wire.includes('\n')) {
    throw new ArgumentError(`The value of ${name} holds a line break: ${JSON.stringify(wire)}`)
  }
  // NUL is part of the grammar behind a backslash in a quoted string (RFC 4475 §3.1.1.2), and a value that a peer
  // sent so must be writable again; a text of the application has no business with one.
  for (let at = wire.indexOf('\0'); at >= 0; at = wire.indexOf('\0', at + 1)) {
    if (escapedNul && wire[at - 1] === '\\') continue
    throw new ArgumentError(`The value of ${name} holds a NUL at ${at}`)
  }
}
