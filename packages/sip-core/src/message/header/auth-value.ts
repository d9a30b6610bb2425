import { ArgumentError } from '../../base/errors.ts'
import { equalsIgnoringCase, isOneOf, isToken, TOKEN68 } from '../chars.ts'
import { type Cursor, parseWhole } from '../cursor.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { textToWire, wireToText } from '../wire.ts'
import { AuthParams, readAuthParams } from './auth-params.ts'

/** What a challenge or credentials are made of. */
export interface AuthValueInit {
  /** `'Digest'`, `'Basic'`, `'Bearer'`, ... */
  readonly scheme: string
  /** What stands in place of parameters, as in `Basic QWxhZGRpbg==`. */
  readonly token?: string | undefined
  readonly params?: AuthParams | undefined
}

/**
 * A challenge or credentials of any scheme (RFC 3261 §20.44, §20.7, RFC 7235 §2.1). Immutable. A scheme that nobody
 * here knows reads and prints like any other.
 *
 * @see pjsip_authorization_hdr, pjsip_www_authenticate_hdr
 */
export class AuthValue {
  /** As written. */
  readonly scheme: string
  readonly token: string | undefined
  readonly params: AuthParams

  /** @throws ArgumentError when the scheme or the token cannot be written, or there are both token and parameters */
  constructor({ scheme, token, params = AuthParams.empty }: AuthValueInit) {
    if (!isToken(scheme)) throw new ArgumentError(`${JSON.stringify(scheme)} is no authentication scheme`)
    if (token !== undefined && (params.size > 0 || endOfToken68(token, 0, token.length) !== token.length))
      throw new ArgumentError(`${JSON.stringify(token)} cannot stand behind ${scheme}`)
    this.scheme = scheme
    this.token = token
    this.params = params
  }

  /**
   * Reads e.g. `Digest realm="a", nonce="b"`.
   *
   * @throws ParseError when `text` is no single challenge or credentials
   */
  static parse(text: string): AuthValue {
    return parseWhole(textToWire(text), 'authentication', readAuthValue)
  }

  /** Whether this is of that scheme; case does not count. */
  is(scheme: string): boolean {
    return equalsIgnoringCase(this.scheme, scheme)
  }

  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    const rest = this.token ?? this.params.toWire()
    return rest === '' ? this.scheme : `${this.scheme} ${rest}`
  }
}

/**
 * A header of challenges or credentials. RFC 3261 §7.3.1 has each on a line of its own, and so they are written;
 * several on one line, as HTTP has them, are read too.
 */
export function authHeader(name: string): HeaderCodec<AuthValue> {
  return defineHeader<AuthValue>({
    name,
    kind: 'list',
    linePerValue: true,
    parse: readAuthValue,
    print: (value) => value.toWire(),
  })
}

function readAuthValue(cursor: Cursor): AuthValue {
  const scheme = cursor.token('an authentication scheme')
  const behind = cursor.at
  cursor.skipWs()
  if (cursor.at === behind || cursor.done || cursor.peek() === COMMA) return new AuthValue({ scheme })
  const { text, at, end } = cursor
  cursor.at = endOfToken68(text, at, end)
  if (cursor.at > at) {
    const token = text.slice(at, cursor.at)
    cursor.skipWs()
    if (cursor.done || cursor.peek() === COMMA) return new AuthValue({ scheme, token })
  }
  cursor.at = at
  return new AuthValue({ scheme, params: readAuthParams(cursor) })
}

const COMMA = 0x2c
const EQUALS = 0x3d

// RFC 7235 §2.1: what Base64 gives, `=` at its end included. Where it ends; `start` if there is none.
function endOfToken68(text: string, start: number, end: number): number {
  let at = start
  while (at < end && isOneOf(text.charCodeAt(at), TOKEN68)) at++
  if (at > start) while (at < end && text.charCodeAt(at) === EQUALS) at++
  return at
}
