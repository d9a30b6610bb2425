import {
  type Body,
  bytesToWire,
  Cursor,
  type ExtraHeaders,
  type HeaderReader,
  Headers,
  MediaType,
  ParseError,
  reasonPhrase,
  SipError,
  SipResponse,
  textToBytes,
  wireToText,
} from 'sip-core'

/** The Content-Type of a SIP fragment (RFC 3420 §5). */
export const SIPFRAG = 'message/sipfrag;version=2.0'

/** What the body of a NOTIFY for REFER says (RFC 3515 §2.4.5). */
export type Sipfrag =
  | {
      readonly type: 'status'
      readonly status: number
      readonly reason: string
      /** What stands below the status line; lines that are no headers are left out. */
      readonly headers: HeaderReader
      /** What stands below the headers; most often empty. */
      readonly body: Uint8Array
    }
  /** There is no status line, or the body is of another type. */
  | { readonly type: 'unreadable'; readonly error: ParseError }

/**
 * Reads a SIP fragment (RFC 3420) that begins with a status line, as it comes in the wild: alone or with headers and
 * a body, with or without an end of line, with LF for CRLF, with blank lines before it. Throws nothing.
 *
 * @param contentType the Content-Type that it came with; undefined is taken for the right one
 */
export function parseSipfrag(body: Uint8Array | string, contentType?: MediaType | string): Sipfrag {
  try {
    expectSipfrag(contentType)
    return readFragment(typeof body === 'string' ? textToBytes(body) : body)
  } catch (error) {
    if (error instanceof ParseError) return { type: 'unreadable', error }
    throw error
  }
}

/**
 * A SIP fragment with a status line, e.g. `SIP/2.0 180 Ringing` with CRLF.
 *
 * @param reason default, also for an empty one: the registered phrase
 * @throws ArgumentError when the status is not 100 to 699, or something holds a line break or NUL
 */
export function printSipfrag(status: number, reason?: string, headers: ExtraHeaders = {}): string {
  const lines = new Headers()
  for (const [name, texts] of Object.entries(headers)) {
    for (const text of typeof texts === 'string' ? [texts] : texts) lines.add(name, text)
  }
  const checked = new SipResponse({ status, reason: reason || reasonPhrase(status), headers: lines })
  return `SIP/2.0 ${checked.status} ${checked.reason}\r\n${wireToText(lines.toWire())}`
}

/** A SIP fragment as the body of a NOTIFY. @throws ArgumentError as `printSipfrag` does */
export function sipfragBody(status: number, reason?: string): Body {
  return { type: SIPFRAG, content: printSipfrag(status, reason) }
}

function expectSipfrag(contentType: MediaType | string | undefined): void {
  if (contentType === undefined) return
  const type = typeof contentType === 'string' ? MediaType.parse(contentType) : contentType
  if (type.essence === 'message/sipfrag') return
  throw new ParseError({
    within: 'Content-Type',
    expected: 'message/sipfrag',
    found: type.essence,
    offset: 0,
  })
}

function readFragment(bytes: Uint8Array): Sipfrag {
  const wire = bytesToWire(bytes)
  const cursor = new Cursor(wire, 'sipfrag')
  cursor.skipWs()
  cursor.end = lineEnd(wire, cursor.at)
  const status = readStatusLine(cursor)
  const { headers, end } = readHeaders(wire, cursor.end + 1)
  return { type: 'status', ...status, headers, body: bytes.subarray(end) }
}

function readStatusLine(cursor: Cursor): { readonly status: number; readonly reason: string } {
  const start = cursor.at
  const protocol = cursor.token('SIP/2.0')
  if (protocol.toUpperCase() !== 'SIP' || !cursor.eat(0x2f) || cursor.token('SIP/2.0') !== '2.0') {
    cursor.at = start
    cursor.fail('SIP/2.0')
  }
  cursor.skipWs()
  const digits = cursor.at
  const status = cursor.uint('a status code', 699)
  if (status < 100 || cursor.at - digits !== 3) {
    cursor.at = digits
    cursor.fail('a status code from 100 to 699')
  }
  return { status, reason: wireToText(cursor.rest()).trim() }
}

// To the first empty line; what follows it is a body.
function readHeaders(wire: string, start: number): { readonly headers: Headers; readonly end: number } {
  const headers = new Headers()
  let at = start
  while (at < wire.length) {
    let end = lineEnd(wire, at)
    if (wire.slice(at, end).trim() === '') return { headers, end: end + 1 }
    while (isFold(wire.charCodeAt(end + 1)) && wire.slice(end + 1, lineEnd(wire, end + 1)).trim() !== '')
      end = lineEnd(wire, end + 1)
    addLine(headers, wire.slice(at, end))
    at = end + 1
  }
  return { headers, end: wire.length }
}

function addLine(headers: Headers, line: string): void {
  const colon = line.indexOf(':')
  const value = line
    .slice(colon + 1)
    .split('\n')
    .map((part) => part.trim())
    .join(' ')
  try {
    headers.add(line.slice(0, Math.max(colon, 0)).trim(), wireToText(value))
  } catch (error) {
    // No name, or nothing that can stand in a header: of no use to anybody.
    if (!(error instanceof SipError)) throw error
  }
}

/** Where the line ends at `at`: its LF, or the end of all. */
function lineEnd(wire: string, at: number): number {
  const end = wire.indexOf('\n', at)
  return end < 0 ? wire.length : end
}

function isFold(code: number): boolean {
  return code === 32 || code === 9
}
