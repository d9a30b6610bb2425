import { ArgumentError } from '../base/errors.ts'
import { isToken } from './chars.ts'
import type { Cursor } from './cursor.ts'

/**
 * How often a header's value may come.
 *
 * - `single`: one line, one value; a second line makes the message invalid
 * - `list`: values separated by commas, on one line or on several
 * - `lines`: one value a line, any number of lines; commas are part of the value (WWW-Authenticate)
 */
export type HeaderKind = 'single' | 'list' | 'lines'

/** What is to be said about a header to read and write it; see {@link defineHeader}. */
export interface HeaderDefinition<T> {
  /** As it is written, e.g. `'Max-Forwards'`. */
  readonly name: string
  readonly kind: HeaderKind
  /** For a list: whether it may be empty, as in `Supported:`. Default: no. */
  readonly mayBeEmpty?: boolean
  /** For a list: whether `setAll` gives each value a line of its own (Via, Route). Default: no. */
  readonly linePerValue?: boolean
  /**
   * Reads one value. The cursor stands on its first character; what is left unread must be a comma (for a list)
   * or the end.
   *
   * @throws ParseError by `cursor.fail`
   */
  parse(cursor: Cursor): T
  /** Writes one value as a wire string. */
  print(value: T): string
}

/**
 * One header: its name, and how its value is read and written. The header classes and the parser know headers
 * by this object only, so that every package brings its own.
 *
 * @see pjsip_register_hdr_parser
 */
export interface HeaderCodec<T> extends HeaderDefinition<T> {
  /** The name in lower case and in its long form. */
  readonly key: string
  readonly mayBeEmpty: boolean
  readonly linePerValue: boolean
}

/**
 * Makes a header known.
 *
 * @throws ArgumentError when the name is no token
 */
export function defineHeader<T>(definition: HeaderDefinition<T>): HeaderCodec<T> {
  const key = headerKey(definition.name)
  return {
    name: definition.name,
    kind: definition.kind,
    mayBeEmpty: definition.mayBeEmpty ?? false,
    linePerValue: definition.linePerValue ?? false,
    parse: definition.parse,
    print: definition.print,
    key,
  }
}

/** The one-letter names and what they stand for (IANA's registry of SIP header fields). */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
}

/**
 * The form of a header's name that all its forms share: lower case and long (`'V'` and `'VIA'` give `'via'`).
 *
 * @throws ArgumentError when it is no token
 */
export function headerKey(name: string): string {
  if (!isToken(name)) throw new ArgumentError(`${JSON.stringify(name)} is no name for a header`)
  const lower = name.toLowerCase()
  return lower.length === 1 ? (COMPACT[lower] ?? lower) : lower
}

/** Every form of a key: itself, and its letter if it has one. */
export function formsOf(key: string): readonly string[] {
  return [key, ...Object.keys(COMPACT).filter((letter) => COMPACT[letter] === key)]
}

/**
 * Reads the values of one line.
 *
 * @param cursor spans the line's value, without whitespace around it
 * @throws ParseError when they do not follow the grammar
 */
export function readValues<T>(header: HeaderCodec<T>, cursor: Cursor): T[] {
  if (header.mayBeEmpty && cursor.done) return []
  const values = [header.parse(cursor)]
  for (;;) {
    cursor.skipWs()
    if (cursor.done) return values
    if (header.kind !== 'list') cursor.fail('the end of the value')
    cursor.expect(0x2c, "',' or the end of the value")
    cursor.skipWs()
    values.push(header.parse(cursor))
  }
}
