import { ArgumentError } from '../../base/errors.ts'
import { equalsIgnoringCase, isOneOf, isToken, TOKEN } from '../chars.ts'
import { type Cursor, parseWhole, quote, unquote } from '../cursor.ts'
import { textToWire, wireToText } from '../wire.ts'

/** Names with their values as text; what is undefined is left out. */
export type AuthParamsInit = Readonly<Record<string, string | undefined>>

const QUOTE = 0x22
const COMMA = 0x2c
const EQUALS = 0x3d

/**
 * The parameters of a challenge or of credentials: `realm="example.com", algorithm=MD5`. Immutable, in order, names
 * compared without regard to case; when a name comes twice the first one counts.
 *
 * Whether a value stands between quotes is not left to its characters here: each scheme says of each parameter
 * which it is (RFC 3261 §25.1, RFC 7616 §3.5), and peers have failed over either mistake. So who writes one says it
 * too; what was read keeps it.
 */
export class AuthParams implements Iterable<readonly [name: string, value: string]> {
  /** No parameters. */
  static readonly empty: AuthParams = new AuthParams([])

  // Name, value, name, value, ...: values as wire strings, with their quotes, so that they are printed as they came.
  readonly #entries: readonly string[]

  /** @internal Use `AuthParams.of`. */
  constructor(entries: readonly string[]) {
    this.#entries = entries
  }

  /**
   * Parameters from records.
   *
   * @param quoted those whose values are quoted strings
   * @param tokens those whose values are tokens; they come behind
   * @throws ArgumentError when a name or token is none, or a value holds a line break or NUL
   */
  static of(quoted: AuthParamsInit, tokens: AuthParamsInit = {}): AuthParams {
    const entries: string[] = []
    for (const [name, value] of Object.entries(quoted))
      if (value !== undefined) entries.push(checkedName(name), quotedValue(name, value))
    for (const [name, value] of Object.entries(tokens))
      if (value !== undefined) entries.push(checkedName(name), tokenValue(name, value))
    return new AuthParams(entries)
  }

  /**
   * Reads e.g. `realm="a", algorithm=MD5`.
   *
   * @throws ParseError when `text` is no list of parameters
   */
  static parse(text: string): AuthParams {
    return parseWhole(textToWire(text), 'authentication parameters', readAuthParams)
  }

  /** How many there are. */
  get size(): number {
    return this.#entries.length / 2
  }

  /** The value as text, without quotes and escapes. */
  get(name: string): string | undefined {
    for (let i = 0; i < this.#entries.length; i += 2)
      if (equalsIgnoringCase(this.#entries[i] as string, name)) return decoded(this.#entries[i + 1] as string)
    return undefined
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** The same without `name`. */
  without(name: string): AuthParams {
    const kept: string[] = []
    for (let i = 0; i < this.#entries.length; i += 2) {
      const [key, value] = this.#entries.slice(i, i + 2) as [string, string]
      if (!equalsIgnoringCase(key, name)) kept.push(key, value)
    }
    return new AuthParams(kept)
  }

  /** The same with those of `others`, in place of its own of the same names. */
  with(others: AuthParams): AuthParams {
    let own: AuthParams = this
    for (const [name] of others) own = own.without(name)
    return new AuthParams([...own.#entries, ...others.#entries])
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    for (let i = 0; i < this.#entries.length; i += 2)
      yield [this.#entries[i] as string, decoded(this.#entries[i + 1] as string)]
  }

  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    let wire = ''
    for (let i = 0; i < this.#entries.length; i += 2)
      wire += `${wire === '' ? '' : ', '}${this.#entries[i]}=${this.#entries[i + 1]}`
    return wire
  }
}

/**
 * Reads `name=value, name=value, ...` and stops before a comma behind which no further parameter comes: the next
 * challenge on the line begins there (RFC 7235 §4.1). A comma too many, as lists of HTTP may have, is stepped over.
 */
export function readAuthParams(cursor: Cursor): AuthParams {
  const entries: string[] = []
  do {
    const name = cursor.token('a parameter name')
    if (!cursor.eatPadded(EQUALS)) cursor.fail("'=' after a parameter name")
    entries.push(name, cursor.peek() === QUOTE ? cursor.rawQuoted() : bareValue(cursor))
  } while (nextIsParam(cursor))
  return new AuthParams(entries)
}

// Steps to the next parameter; stays before the last comma when what follows is none.
function nextIsParam(cursor: Cursor): boolean {
  let comma = cursor.at
  for (cursor.skipWs(); cursor.peek() === COMMA; cursor.skipWs()) {
    comma = cursor.at
    cursor.eat(COMMA)
  }
  if (cursor.done) return false
  const start = cursor.at
  if (cursor.text.charCodeAt(comma) === COMMA && isOneOf(cursor.peek(), TOKEN)) {
    cursor.skipRun(TOKEN)
    if (cursor.eatPadded(EQUALS)) {
      cursor.at = start
      return true
    }
  }
  cursor.at = comma
  return false
}

// More than a token: some peers leave away the quotes of a nonce or a URI, or the value after the '='.
function bareValue(cursor: Cursor): string {
  const { text, at: start, end } = cursor
  let at = start
  for (; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code <= 0x20 || code === COMMA || code === QUOTE) break
  }
  cursor.at = at
  return text.slice(start, at)
}

function decoded(raw: string): string {
  return wireToText(raw.charCodeAt(0) === QUOTE ? unquote(raw) : raw)
}

function checkedName(name: string): string {
  if (isToken(name)) return name
  throw new ArgumentError(`${JSON.stringify(name)} is no name for a parameter: it must be a token`)
}

function quotedValue(name: string, value: string): string {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code === 0 || code === 10 || code === 13)
      throw new ArgumentError(`The value of parameter ${name} holds a line break or NUL at ${i}`)
  }
  return quote(textToWire(value))
}

function tokenValue(name: string, value: string): string {
  if (isToken(value)) return value
  throw new ArgumentError(`${JSON.stringify(value)} is no token for parameter ${name}`)
}
