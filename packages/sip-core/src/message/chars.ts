/**
 * Which characters may stand where, as one table of bits: `isOneOf(code, TOKEN | WS)` costs a load and a mask.
 * Sets are those of RFC 3261 §25.1; where a set is wider than the RFC's, its comment says so.
 */
const TABLE = new Uint32Array(256)

/** `token`. */
export const TOKEN = 1
/** SP and HTAB, and the CR and LF of a folded line (the line finder lets no others through). */
export const WS = 2
/** DIGIT. */
export const DIGIT = 4
/** HEXDIG. */
export const HEX = 8
/** `hostname`, plus `_`, which names of hosts hold in practice. */
export const HOST = 16
/** `user-unreserved` and `unreserved`, plus `#`, which is dialled and often left unescaped. */
export const USER = 32
/** `password` without its escapes. */
export const PASSWORD = 64
/** `paramchar` of a URI without its escapes. */
export const URI_PARAM = 128
/** `hnv-unreserved` and `unreserved`: what a header in a URI is made of, without its escapes. */
export const URI_HEADER = 16384
/** The same as some peers write it: with `@ ; =`, which many a Refer-To leaves unescaped in a Replaces. */
export const URI_HEADER_VALUE = 256
/** `word` and `@`: what a Call-ID is made of. */
export const WORD = 512
/** `gen-value` without quotes: token or host, brackets and colons of IPv6 included (RFC 5118 §4.5). */
export const PARAM_VALUE = 1024
/** `phonedigit-hex` of RFC 3966, plus `+`. */
export const PHONE = 2048
/** What an unquoted display name is made of: `token`, plus bytes of UTF-8, which some peers leave unquoted. */
export const DISPLAY = 4096
/** What stands between the brackets of an IPv6 reference. */
export const IPV6 = 32768
/** What may stand in any URI, `%` included. */
export const URI = 8192
/** What Base64 gives, without the `=` at its end (RFC 7235 §2.1). */
export const TOKEN68 = 131072
/** What a Content-ID is made of: all that is printed but `<`, `>` and blanks. */
export const ID = 65536

const ALPHANUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const UNRESERVED = `${ALPHANUM}-_.!~*'()`
const TOKEN_CHARS = `${ALPHANUM}-.!%*_+\`'~`

mark(TOKEN | DISPLAY, TOKEN_CHARS)
mark(WS, ' \t\r\n')
mark(DIGIT, '0123456789')
mark(HEX, '0123456789abcdefABCDEF')
mark(HOST, `${ALPHANUM}-._`)
mark(USER, `${UNRESERVED}&=+$,;?/#`)
mark(PASSWORD, `${UNRESERVED}&=+$,`)
mark(URI_PARAM, `${UNRESERVED}[]/:&+$`)
mark(URI_HEADER | URI_HEADER_VALUE, `${UNRESERVED}[]/?:+$`)
mark(URI_HEADER_VALUE, '@;=')
mark(IPV6, '0123456789abcdefABCDEF:.')
mark(TOKEN68, `${ALPHANUM}-._~+/`)
mark(WORD, `${TOKEN_CHARS}()<>:\\"/[]?{}@`)
mark(PARAM_VALUE, `${TOKEN_CHARS}[]:`)
mark(PHONE, '0123456789abcdefABCDEF*#-.()+')
mark(URI, `${UNRESERVED};/?:@&=+$,[]#%`)
for (let code = 128; code < 256; code++) TABLE[code]! |= DISPLAY
for (let code = 33; code < 127; code++) if (code !== 0x3c && code !== 0x3e) TABLE[code]! |= ID

function mark(set: number, characters: string): void {
  for (let i = 0; i < characters.length; i++) TABLE[characters.charCodeAt(i)]! |= set
}

/** Whether the character `code` is in one of `sets` (bits or-ed together). */
export function isOneOf(code: number, sets: number): boolean {
  return code < 256 && (TABLE[code]! & sets) !== 0
}

/** Whether `text` has at least one character and every one is in one of `sets`. */
export function isMadeOf(text: string, sets: number): boolean {
  if (text === '') return false
  for (let i = 0; i < text.length; i++) if (!isOneOf(text.charCodeAt(i), sets)) return false
  return true
}

/** Whether `text` is a token: what methods, names of headers, option tags and the like are made of. */
export function isToken(text: string): boolean {
  return isMadeOf(text, TOKEN)
}

/** The decimal number that a parameter's value is; `undefined` if it is none or more than `max`. */
export function uintOf(value: string | null | undefined, max: number): number | undefined {
  if (value === undefined || value === null || !isMadeOf(value, DIGIT)) return undefined
  const number = Number(value)
  return number <= max ? number : undefined
}

/** The value of a hexadecimal digit's character, -1 if it is none. */
export function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 0x20
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** Whether two texts are the same but for the case of the letters A to Z. */
export function equalsIgnoringCase(a: string, b: string): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y && lowerCase(x) !== lowerCase(y)) return false
  }
  return true
}

function lowerCase(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code
}
