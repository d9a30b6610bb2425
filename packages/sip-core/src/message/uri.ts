import { ArgumentError } from '../base/errors.ts'
import { equalsIgnoringCase, HOST, IPV6, isMadeOf, PASSWORD, PHONE, TOKEN, URI, USER } from './chars.ts'
import { type Cursor, parseWhole } from './cursor.ts'
import {
  escapedRun,
  Params,
  type ParamsInit,
  parseUriHeaders,
  parseUriParams,
  percentDecode,
  percentEncode,
  skipEscapedRun,
} from './params.ts'
import { isPhoneNumber, TelUri } from './tel-uri.ts'
import { normalized, sameHost, sameInAnyOrder, sameParams } from './uri-equality.ts'

const AT = 0x40
const COLON = 0x3a
const SEMICOLON = 0x3b
const QUESTION = 0x3f
const GREATER = 0x3e
const NO_PARAMS = Params.of({}, 'uri')
const NO_HEADERS = Params.of({}, 'uri-headers')

/** Any URI that may stand in a SIP message. `type` tells which. */
export type Uri = SipUri | TelUri | OpaqueUri

/** What a SIP URI is made of; text as people read it, escaped where the grammar asks for it. */
export interface SipUriInit {
  /** `'sip'` by default. */
  readonly scheme?: 'sip' | 'sips' | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** A name, an IPv4 address, or an IPv6 address with or without its brackets. */
  readonly host: string
  readonly port?: number | undefined
  readonly params?: ParamsInit | undefined
  /** What follows the `?`. */
  readonly headers?: ParamsInit | undefined
}

/**
 * `sip:` and `sips:` URIs (RFC 3261 §19.1). Immutable.
 *
 * @see pjsip_sip_uri
 */
export class SipUri {
  readonly type = 'sip'
  readonly scheme: 'sip' | 'sips'
  /** As written; an IPv6 address has its brackets. Compare it without regard to case. */
  readonly host: string
  readonly port: number | undefined
  readonly params: Params
  /** What follows the `?`: headers of the request that this URI asks for. */
  readonly headers: Params
  // Escaped, as on the wire: `%3B` and `;` are different users, though both read as ';'.
  readonly #user: string | undefined
  readonly #password: string | undefined
  #source: string | undefined

  /**
   * @param source for the parser: the text of the URI, whose pieces in `init` are known to be good and still
   *   escaped
   * @throws ArgumentError when a piece cannot be written
   */
  constructor(init: SipUriInit, source?: string) {
    this.scheme = init.scheme ?? 'sip'
    this.port = init.port
    this.#source = source
    if (source === undefined) {
      this.host = checkedHost(init.host)
      checkedPort(init.port)
      this.params = init.params === undefined ? NO_PARAMS : Params.of(init.params, 'uri')
      this.headers = init.headers === undefined ? NO_HEADERS : Params.of(init.headers, 'uri-headers')
      this.#user = init.user === undefined || init.user === '' ? undefined : percentEncode(init.user, USER)
      this.#password = init.password === undefined ? undefined : percentEncode(init.password, PASSWORD)
      if (this.#password !== undefined && this.#user === undefined)
        throw new ArgumentError('A password needs a user')
    } else {
      this.host = init.host
      this.params = init.params as Params
      this.headers = init.headers as Params
      this.#user = init.user
      this.#password = init.password
    }
  }

  /** The user part as text, escapes resolved; with what it may hold behind a `;` (RFC 3261 §19.1.6). */
  get user(): string | undefined {
    return this.#user === undefined ? undefined : percentDecode(this.#user)
  }

  /** The password as text. Writing one into a URI is discouraged (RFC 3261 §19.1.1). */
  get password(): string | undefined {
    return this.#password === undefined ? undefined : percentDecode(this.#password)
  }

  /** The `transport` parameter in lower case. */
  get transport(): string | undefined {
    return this.params.get('transport')?.toLowerCase()
  }

  /** Whether it has the `lr` parameter: as a route, it stays in the Route header (RFC 3261 §16.12). */
  get isLooseRouter(): boolean {
    return this.params.has('lr')
  }

  /**
   * The same with some pieces exchanged; a piece that is named with `undefined` goes away.
   *
   * @throws ArgumentError when a piece cannot be written
   */
  with(changes: Partial<SipUriInit>): SipUri {
    const changed = new SipUri({ ...pieces(this), user: this.user, password: undefined, ...changes })
    const user = 'user' in changes ? changed.#user : this.#user
    const password =
      'password' in changes ? changed.#password : user === undefined ? undefined : this.#password
    return new SipUri({ ...pieces(changed), user, password }, print(changed, user, password))
  }

  /** The URI as it came, or printed with everything escaped that must be. */
  toString(): string {
    this.#source ??= print(this, this.#user, this.#password)
    return this.#source
  }

  /** Whether both mean the same by the rules of RFC 3261 §19.1.4. */
  equals(other: Uri): boolean {
    return (
      other.type === 'sip' &&
      this.scheme === other.scheme &&
      this.port === other.port &&
      sameHost(this.host, other.host) &&
      normalized(this.#user) === normalized(other.#user) &&
      normalized(this.#password) === normalized(other.#password) &&
      sameParams(this.params, other.params) &&
      sameInAnyOrder(this.headers, other.headers)
    )
  }
}

/** A URI of a scheme that this stack does not know: kept and handed on, not understood. */
export class OpaqueUri {
  readonly type = 'other'
  /** As written, without the colon. Empty only for the unreadable Request-URI of a bad request. */
  readonly scheme: string
  /** What follows the colon. */
  readonly rest: string

  constructor(init: { readonly scheme: string; readonly rest: string }) {
    this.scheme = init.scheme
    this.rest = init.rest
  }

  toString(): string {
    return this.scheme === '' ? this.rest : `${this.scheme}:${this.rest}`
  }

  /** Whether both are written alike, but for the scheme's case. */
  equals(other: Uri): boolean {
    return other.type === 'other' && equalsIgnoringCase(this.scheme, other.scheme) && this.rest === other.rest
  }
}

/**
 * Reads a URI; the whole of `text` must be one.
 *
 * @throws ParseError when it is none
 */
export function parseUri(text: string): Uri {
  return parseWhole(text, 'URI', readUri)
}

/** Reads the URI at `cursor`, and leaves what cannot be part of it. */
export function readUri(cursor: Cursor): Uri {
  const { text, at: start, end } = cursor
  // Nearly every URI in SIP begins so.
  if (end - start > 4 && text.charCodeAt(start + 3) === COLON && isSip(text, start)) {
    cursor.at = start + 4
    return readSipUri(cursor, 'sip', start)
  }
  const scheme = cursor.run(TOKEN, 'the scheme of a URI')
  cursor.expect(COLON, "':' after the scheme of a URI")
  if (equalsIgnoringCase(scheme, 'sips')) return readSipUri(cursor, 'sips', start)
  if (equalsIgnoringCase(scheme, 'tel')) {
    const number = cursor.run(PHONE, 'a telephone number')
    if (!isPhoneNumber(number)) cursor.fail('a telephone number')
    return new TelUri({ number, params: parseUriParams(cursor) })
  }
  return new OpaqueUri({ scheme, rest: cursor.run(URI, 'what follows the scheme of a URI') })
}

function isSip(text: string, at: number): boolean {
  return (
    (text.charCodeAt(at) | 0x20) === 0x73 &&
    (text.charCodeAt(at + 1) | 0x20) === 0x69 &&
    (text.charCodeAt(at + 2) | 0x20) === 0x70
  )
}

function readSipUri(cursor: Cursor, scheme: 'sip' | 'sips', start: number): SipUri {
  const { text, at: from } = cursor
  let user: string | undefined
  let password: string | undefined
  // A user may hold nearly everything that can follow a host: only the '@' tells them apart.
  cursor.skipRun(USER)
  if (cursor.at > from && cursor.peek() === AT) {
    user = text.slice(from, cursor.at++)
  } else {
    const hasUser = hasAt(cursor)
    cursor.at = from
    if (hasUser) {
      user = escapedRun(cursor, USER, 'a user')
      if (cursor.eat(COLON)) password = readPassword(cursor)
      cursor.expect(AT, "'@' after the user")
    }
  }
  const host = cursor.host()
  const port = cursor.eat(COLON) ? cursor.port() : undefined
  const params = cursor.peek() === SEMICOLON ? parseUriParams(cursor) : NO_PARAMS
  const headers = cursor.peek() === QUESTION ? parseUriHeaders(cursor) : NO_HEADERS
  return new SipUri({ scheme, user, password, host, port, params, headers }, text.slice(start, cursor.at))
}

function readPassword(cursor: Cursor): string {
  const from = cursor.at
  skipEscapedRun(cursor, PASSWORD)
  return cursor.text.slice(from, cursor.at)
}

// Whether an '@' comes before the URI must have ended.
function hasAt({ text, at, end }: Cursor): boolean {
  for (let i = at; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === AT) return true
    if (code === GREATER) return false
  }
  return false
}

function pieces({ scheme, host, port, params, headers }: SipUri): SipUriInit {
  return { scheme, host, port, params, headers }
}

function print(uri: SipUri, user: string | undefined, password: string | undefined): string {
  let text = `${uri.scheme}:`
  if (user !== undefined) text += password === undefined ? `${user}@` : `${user}:${password}@`
  text += uri.host
  if (uri.port !== undefined) text += `:${uri.port}`
  return text + uri.params.toWire() + uri.headers.toWire()
}

/**
 * The host as it is written: an IPv6 address in brackets.
 *
 * @throws ArgumentError when it is no host
 */
export function checkedHost(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  if (bare.includes(':')) {
    if (isMadeOf(bare, IPV6)) return `[${bare}]`
  } else if (isMadeOf(host, HOST)) {
    return host
  }
  throw new ArgumentError(`${JSON.stringify(host)} is no host`)
}

/** @throws ArgumentError when it is no port */
export function checkedPort(port: number | undefined): number | undefined {
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65535)) return port
  throw new ArgumentError(`${port} is no port`)
}
