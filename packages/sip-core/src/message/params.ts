import { ArgumentError } from '../base/errors.ts'
import {
  equalsIgnoringCase,
  hexValue,
  isMadeOf,
  isOneOf,
  isToken,
  PARAM_VALUE,
  URI_HEADER,
  URI_HEADER_VALUE,
  URI_PARAM,
} from './chars.ts'
import { type Cursor, quote, unquote } from './cursor.ts'
import { textToWire, wireToText } from './wire.ts'

/** What parameters can be made from. A value of `null` means: present, without a value (`;lr`). */
export type ParamsInit =
  | Params
  | Iterable<readonly [name: string, value: string | null]>
  | Readonly<Record<string, string | null>>

/**
 * How names and values are written: `header` quotes (`;a="b c"`), `uri` escapes (`;a=b%20c`), `uri-headers` are
 * what follows the `?` of a URI (`?a=b%20c&d=e`).
 */
export type ParamStyle = 'header' | 'uri' | 'uri-headers'

const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
const PERCENT = 0x25

/**
 * Parameters of a header or a URI: immutable, in order, names compared without regard to case. When a name
 * comes twice the first one counts.
 */
export class Params implements Iterable<readonly [name: string, value: string | null]> {
  /** No parameters. */
  static readonly empty: Params = new Params('header', [])

  readonly #style: ParamStyle
  // Name, value, name, value, ...: names plain, values in wire form as they stand between ';' and ';', with
  // their quotes or escapes, so that what was not touched is printed as it came.
  readonly #entries: readonly (string | null)[]

  /** @internal Use `Params.of`. */
  constructor(style: ParamStyle, entries: readonly (string | null)[]) {
    this.#style = style
    this.#entries = entries
  }

  /**
   * Parameters from pairs or a record.
   *
   * @throws ArgumentError for a name or value that cannot be written, e.g. one with a line break
   */
  static of(init: ParamsInit, style: ParamStyle = 'header'): Params {
    if (init instanceof Params) return init.inStyle(style)
    const pairs = isIterable(init) ? init : Object.entries(init)
    const entries: (string | null)[] = []
    for (const [name, value] of pairs) entries.push(checkedName(style, name), encoded(style, name, value))
    return entries.length === 0 ? EMPTY[style] : new Params(style, entries)
  }

  /** How many there are. */
  get size(): number {
    return this.#entries.length / 2
  }

  /** The value as text, unquoted and unescaped; `null` if present without a value, `undefined` if absent. */
  get(name: string): string | null | undefined {
    const at = indexOf(this.#entries, name)
    return at < 0 ? undefined : decoded(this.#style, this.#entries[at + 1] ?? null)
  }

  has(name: string): boolean {
    return indexOf(this.#entries, name) >= 0
  }

  /**
   * The same with `name` set to `value`: in its place if it was there, at the end if not.
   *
   * @throws ArgumentError when it cannot be written
   */
  with(name: string, value: string | null): Params {
    const raw = encoded(this.#style, name, value)
    return new Params(this.#style, replaced(this.#entries, checkedName(this.#style, name), raw))
  }

  /**
   * The same with `name` set to `value` between quotes even where the value needs none, as feature tags ask for
   * (RFC 3840 §9). In a URI, which knows no quotes, this is `with`.
   */
  withQuoted(name: string, value: string): Params {
    if (this.#style !== 'header') return this.with(name, value)
    const raw = quote(textToWire(checkedValue(name, value)))
    return new Params('header', replaced(this.#entries, checkedName('header', name), raw))
  }

  /** The same without `name`. */
  without(name: string): Params {
    if (!this.has(name)) return this
    const kept: (string | null)[] = []
    for (let i = 0; i < this.#entries.length; i += 2) {
      if (!equalsIgnoringCase(this.#entries[i] as string, name))
        kept.push(this.#entries[i] as string, this.#entries[i + 1] ?? null)
    }
    return kept.length === 0 ? EMPTY[this.#style] : new Params(this.#style, kept)
  }

  /** The same names and values, written in another style. */
  inStyle(style: ParamStyle): Params {
    if (style === this.#style) return this
    return this.size === 0 ? EMPTY[style] : Params.of([...this], style)
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, value: string | null]> {
    for (let i = 0; i < this.#entries.length; i += 2) {
      yield [this.#entries[i] as string, decoded(this.#style, this.#entries[i + 1] ?? null)]
    }
  }

  /** As text, with the leading `;` (or `?`); empty if there are none. */
  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    const entries = this.#entries
    let wire = ''
    for (let i = 0; i < entries.length; i += 2) {
      wire += this.#style !== 'uri-headers' ? ';' : i === 0 ? '?' : '&'
      const value = entries[i + 1] ?? null
      const name =
        this.#style === 'header' ? entries[i] : percentEncode(entries[i] as string, setOf(this.#style))
      wire += value === null ? name : `${name}=${value}`
    }
    return wire
  }
}

function indexOf(entries: readonly (string | null)[], name: string): number {
  for (let i = 0; i < entries.length; i += 2) if (equalsIgnoringCase(entries[i] as string, name)) return i
  return -1
}

function replaced(
  entries: readonly (string | null)[],
  name: string,
  raw: string | null,
): readonly (string | null)[] {
  const at = indexOf(entries, name)
  return at < 0 ? [...entries, name, raw] : entries.with(at + 1, raw)
}

const EMPTY: Readonly<Record<ParamStyle, Params>> = {
  header: Params.empty,
  uri: new Params('uri', []),
  'uri-headers': new Params('uri-headers', []),
}

/** Reads `*( ";" name [ "=" value ] )` with whitespace anywhere between; stops before anything else. */
export function parseParams(cursor: Cursor): Params {
  let entries: (string | null)[] | undefined
  while (cursor.eatPadded(SEMICOLON)) {
    const name = cursor.token('a parameter name')
    let value: string | null = null
    if (cursor.eatPadded(EQUALS)) {
      value = cursor.peek() === QUOTE ? cursor.rawQuoted() : cursor.run(PARAM_VALUE, 'a parameter value')
    }
    entries ??= []
    entries.push(name, value)
  }
  return entries === undefined ? Params.empty : new Params('header', entries)
}

/** Reads the parameters of a URI; `cursor` stands on the first `;`. */
export function parseUriParams(cursor: Cursor): Params {
  let entries: (string | null)[] | undefined
  while (cursor.eat(SEMICOLON)) {
    const name = escapedRun(cursor, URI_PARAM, 'a URI parameter name')
    const value = cursor.eat(EQUALS) ? escapedRun(cursor, URI_PARAM, 'a URI parameter value') : null
    entries ??= []
    entries.push(percentDecode(name), value)
  }
  return entries === undefined ? EMPTY.uri : new Params('uri', entries)
}

/** Reads the headers of a URI; `cursor` stands on the `?`, if there is one. */
export function parseUriHeaders(cursor: Cursor): Params {
  if (!cursor.eat(0x3f)) return EMPTY['uri-headers']
  const entries: (string | null)[] = []
  do {
    const name = escapedRun(cursor, URI_HEADER, 'the name of a header in a URI')
    cursor.expect(EQUALS, "'='")
    const start = cursor.at
    skipEscapedRun(cursor, URI_HEADER_VALUE)
    entries.push(percentDecode(name), cursor.text.slice(start, cursor.at))
  } while (cursor.eat(0x26))
  return new Params('uri-headers', entries)
}

/** Reads a run of characters of `sets` and `%HH` escapes, as written. */
export function escapedRun(cursor: Cursor, sets: number, what: string): string {
  const start = cursor.at
  skipEscapedRun(cursor, sets)
  if (cursor.at === start) cursor.fail(what)
  return cursor.text.slice(start, cursor.at)
}

/** Steps over a run of characters of `sets` and `%HH` escapes. */
export function skipEscapedRun(cursor: Cursor, sets: number): void {
  for (;;) {
    cursor.skipRun(sets)
    const { text, at, end } = cursor
    if (at >= end || text.charCodeAt(at) !== PERCENT) return
    if (at + 2 >= end || hexValue(text.charCodeAt(at + 1)) < 0 || hexValue(text.charCodeAt(at + 2)) < 0) {
      cursor.fail("two hexadecimal digits after '%'")
    }
    cursor.at += 3
  }
}

/** Text with everything outside `set` escaped as UTF-8 (`%HH`). */
export function percentEncode(text: string, set: number): string {
  if (isMadeOf(text, set)) return text
  const wire = textToWire(text)
  let escaped = ''
  for (let i = 0; i < wire.length; i++) {
    const code = wire.charCodeAt(i)
    escaped +=
      isOneOf(code, set) && code !== PERCENT
        ? wire[i]
        : `%${code < 16 ? '0' : ''}${code.toString(16).toUpperCase()}`
  }
  return escaped
}

/** The text that an escaped run stands for. */
export function percentDecode(escaped: string): string {
  if (!escaped.includes('%')) return escaped
  let wire = ''
  for (let i = 0; i < escaped.length; i++) {
    const high = escaped.charCodeAt(i) === PERCENT ? hexValue(escaped.charCodeAt(i + 1)) : -1
    const low = high < 0 ? -1 : hexValue(escaped.charCodeAt(i + 2))
    if (low < 0) {
      wire += escaped[i]
    } else {
      wire += String.fromCharCode(high * 16 + low)
      i += 2
    }
  }
  return wireToText(wire)
}

function setOf(style: ParamStyle): number {
  return style === 'uri' ? URI_PARAM : URI_HEADER
}

function checkedName(style: ParamStyle, name: string): string {
  if (style === 'header' ? !isToken(name) : name === '') {
    throw new ArgumentError(`${JSON.stringify(name)} is no name for a parameter: it must be a token`)
  }
  return name
}

function checkedValue(name: string, value: string): string {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code === 0 || code === 10 || code === 13) {
      throw new ArgumentError(`The value of parameter ${name} holds a line break or NUL at ${i}`)
    }
  }
  return value
}

function encoded(style: ParamStyle, name: string, value: string | null): string | null {
  if (value === null) return null
  if (style === 'header')
    return isMadeOf(value, PARAM_VALUE) ? value : quote(textToWire(checkedValue(name, value)))
  if (value === '' && style === 'uri')
    throw new ArgumentError(`URI parameter ${name} cannot have an empty value`)
  return percentEncode(value, setOf(style))
}

function decoded(style: ParamStyle, raw: string | null): string | null {
  if (raw === null) return null
  if (style !== 'header') return percentDecode(raw)
  return raw.charCodeAt(0) === QUOTE ? wireToText(unquote(raw)) : raw
}

function isIterable(init: object): init is Iterable<readonly [string, string | null]> {
  return Symbol.iterator in init
}
