import { ArgumentError } from '../base/errors.ts'
import { DISPLAY, isOneOf, WS } from './chars.ts'
import { type Cursor, parseWhole, quote, unfold, unquote } from './cursor.ts'
import { Params, type ParamsInit, parseParams } from './params.ts'
import { parseUri, readUri, type Uri } from './uri.ts'
import { textToWire, wireToText } from './wire.ts'

const LESS = 0x3c
const GREATER = 0x3e
const QUOTE = 0x22
const COLON = 0x3a

/** What a name-addr is made of. */
export interface NameAddrInit {
  readonly displayName?: string | undefined
  /** A URI, or the text of one. */
  readonly uri: Uri | string
  readonly params?: ParamsInit | undefined
}

/**
 * A URI with a name to show and parameters, as in From, To, Contact, Route or Refer-To (RFC 3261 §20.10).
 * Immutable.
 *
 * @see pjsip_name_addr
 */
export class NameAddr {
  readonly uri: Uri
  readonly params: Params
  // In wire form as it stands before the '<', quotes included; '' if there is none.
  readonly #display: string

  /**
   * @param rawDisplay for the parser: the display name as it came
   * @throws ArgumentError for a display name with a line break or NUL
   * @throws ParseError when `uri` is text and no URI
   */
  constructor(init: NameAddrInit, rawDisplay?: string) {
    this.uri = typeof init.uri === 'string' ? parseUri(init.uri) : init.uri
    this.params = init.params === undefined ? Params.empty : Params.of(init.params)
    this.#display = rawDisplay ?? written(init.displayName)
  }

  /** The display name as text; `undefined` if there is none or it is empty. */
  get displayName(): string | undefined {
    const display = this.#display
    const name = display.charCodeAt(0) === QUOTE ? unquote(display) : display
    return name === '' ? undefined : wireToText(name)
  }

  /** The `tag` parameter of a From or To. */
  get tag(): string | undefined {
    return this.params.get('tag') ?? undefined
  }

  /** The same with some pieces exchanged; `displayName: undefined` takes the name away. */
  with(changes: Partial<NameAddrInit>): NameAddr {
    const display = 'displayName' in changes ? written(changes.displayName) : this.#display
    return new NameAddr({ uri: changes.uri ?? this.uri, params: changes.params ?? this.params }, display)
  }

  /** The same with one parameter set, or with `undefined` taken away; `null` sets it without a value. */
  withParam(name: string, value: string | null | undefined): NameAddr {
    return this.with({
      params: value === undefined ? this.params.without(name) : this.params.with(name, value),
    })
  }

  /** As text, always with `<` and `>` around the URI (RFC 8217). */
  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    const address = `<${this.uri}>${this.params.toWire()}`
    return this.#display === '' ? address : `${this.#display} ${address}`
  }
}

/**
 * Reads a name-addr or addr-spec with its parameters; the whole of `text` must be one.
 *
 * Without `<` and `>` what follows a `;` belongs to the header, not to the URI, and a `,` or `?` is refused
 * (RFC 3261 §20, RFC 8217).
 *
 * @throws ParseError when it is none
 */
export function parseNameAddr(text: string): NameAddr {
  return parseWhole(textToWire(text), 'name-addr', readNameAddr)
}

/** Reads the name-addr or addr-spec at `cursor` and the parameters behind it. */
export function readNameAddr(cursor: Cursor): NameAddr {
  const display = readDisplay(cursor)
  const uri = display === undefined ? readBareUri(cursor) : readBracketedUri(cursor)
  return new NameAddr({ uri, params: parseParams(cursor) }, display ?? '')
}

// What stands before a '<'; undefined, and nothing read, where a URI without one begins.
function readDisplay(cursor: Cursor): string | undefined {
  const { text, at: start } = cursor
  const first = cursor.peek()
  if (first === LESS) return ''
  if (first === QUOTE) {
    const display = cursor.rawQuoted()
    cursor.skipWs()
    return display
  }
  cursor.skipRun(DISPLAY)
  if (cursor.peek() === COLON) {
    cursor.at = start
    return undefined
  }
  cursor.skipRun(DISPLAY | WS)
  let end = cursor.at
  while (end > start && isOneOf(text.charCodeAt(end - 1), WS)) end--
  return unfold(text.slice(start, end))
}

function readBracketedUri(cursor: Cursor): Uri {
  cursor.expect(LESS, "'<' before the URI")
  const uri = readUri(cursor)
  cursor.expect(GREATER, "a character of a URI, or '>'")
  return uri
}

function readBareUri(cursor: Cursor): Uri {
  const { text, end } = cursor
  let stop = cursor.at
  while (stop < end && !endsBareUri(text.charCodeAt(stop))) stop++
  cursor.end = stop
  const uri = readUri(cursor)
  if (!cursor.done) cursor.fail('a character of a URI')
  cursor.end = end
  return uri
}

// ';', ',' and '?' (RFC 3261 §20), whitespace, and what cannot stand in a URI at all
function endsBareUri(code: number): boolean {
  return (
    code === 0x3b || code === 0x2c || code === 0x3f || code === LESS || code === GREATER || isOneOf(code, WS)
  )
}

function written(displayName: string | undefined): string {
  if (displayName === undefined || displayName === '') return ''
  for (let i = 0; i < displayName.length; i++) {
    const code = displayName.charCodeAt(i)
    if (code === 0 || code === 10 || code === 13) {
      throw new ArgumentError(`The display name holds a line break or NUL at ${i}`)
    }
  }
  return quote(textToWire(displayName))
}
