import { ParseError } from '../base/errors.ts'
import { DIGIT } from '../message/chars.ts'
import { Cursor } from '../message/cursor.ts'
import type { Method } from '../message/method.ts'
import { OpaqueUri, readUri, type Uri } from '../message/uri.ts'
import { wireToText } from '../message/wire.ts'

const SP = 32

/** What is wrong with a message, and the status to answer a request with. */
export interface Problem {
  readonly error: ParseError
  readonly status: 400 | 505 | 513
}

/** The first line of a request. */
export interface RequestLine {
  readonly kind: 'request'
  readonly method: Method
  readonly uri: Uri
  readonly problem: Problem | undefined
}

/** The first line of a response. */
export interface StatusLine {
  readonly kind: 'response'
  readonly status: number
  readonly reason: string
  readonly problem: undefined
}

/**
 * Reads the start line, which ends at `end` (RFC 3261 §7.1, §7.2).
 *
 * @throws ParseError when it is neither that of a response nor begins with a method
 */
export function readStartLine(head: string, end: number): RequestLine | StatusLine {
  const cursor = new Cursor(head, 'start line', 0, end)
  // A method is a token and holds no '/', so that nothing else begins like this.
  return isVersionAt(head, 0) ? readStatusLine(cursor) : readRequestLine(cursor)
}

function readRequestLine(cursor: Cursor): RequestLine {
  const method = cursor.token('a method')
  cursor.expect(SP, 'one space after the method')
  const { text: head, at, end } = cursor
  const space = head.indexOf(' ', at)
  const uriEnd = space < 0 || space > end ? end : space
  try {
    cursor.moveTo(at, uriEnd, 'Request-URI')
    const uri = readUri(cursor)
    if (!cursor.done) cursor.fail('a character of a URI')
    if (uri.type === 'sip' && uri.headers.size > 0) cursor.fail('no headers in a Request-URI')
    cursor.moveTo(uriEnd, end, 'start line')
    cursor.expect(SP, 'one space after the Request-URI')
    return { kind: 'request', method, uri, problem: readVersion(cursor) }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const uri = new OpaqueUri({ scheme: '', rest: head.slice(at, uriEnd) })
    return { kind: 'request', method, uri, problem: { error, status: 400 } }
  }
}

// "SIP/2.0" to the end of the line; another version is well-formed, but not spoken here.
function readVersion(cursor: Cursor): Problem | undefined {
  const { text, at, end } = cursor
  if (end - at === 7 && text.startsWith('SIP/2.0', at)) return undefined
  if (!isVersionAt(text, at)) cursor.fail('SIP/2.0')
  cursor.at += 4
  const major = cursor.run(DIGIT, 'SIP/2.0')
  cursor.expect(0x2e, 'SIP/2.0')
  const minor = cursor.run(DIGIT, 'SIP/2.0')
  if (!cursor.done) cursor.fail('the end of the line after the version')
  if (major === '2' && minor === '0') return undefined
  const error = new ParseError({
    expected: 'SIP/2.0',
    found: text.slice(at, end),
    offset: at,
    within: 'start line',
  })
  return { error, status: 505 }
}

function readStatusLine(cursor: Cursor): StatusLine {
  const { text, end } = cursor
  cursor.at = 4
  if (!text.startsWith('2.0', 4)) cursor.fail('SIP/2.0')
  cursor.at = 7
  cursor.expect(SP, 'one space after the version')
  const digits = cursor.at
  const status = cursor.uint('a status code', 699)
  if (cursor.at !== digits + 3 || status < 100) cursor.fail('a status code of three digits')
  // The space before an empty reason phrase is part of the grammar, and is left out by some.
  if (!cursor.done) cursor.expect(SP, 'one space after the status code')
  const start = cursor.at
  for (; cursor.at < end; cursor.at++) {
    const code = cursor.peek()
    if (code === 0 || code === 10 || code === 13) cursor.fail('a character of a reason phrase')
  }
  return { kind: 'response', status, reason: wireToText(text.slice(start, end)), problem: undefined }
}

function isVersionAt(text: string, at: number): boolean {
  return (
    (text.charCodeAt(at) | 0x20) === 0x73 &&
    (text.charCodeAt(at + 1) | 0x20) === 0x69 &&
    (text.charCodeAt(at + 2) | 0x20) === 0x70 &&
    text.charCodeAt(at + 3) === 0x2f
  )
}
