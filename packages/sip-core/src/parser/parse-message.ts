import { ParseError } from '../base/errors.ts'
import { CallId } from '../message/header/call-id.ts'
import { ContentLength } from '../message/header/content-length.ts'
import { CSeq } from '../message/header/cseq.ts'
import { From } from '../message/header/from.ts'
import { To } from '../message/header/to.ts'
import { Via } from '../message/header/via.ts'
import type { HeaderCodec } from '../message/header-codec.ts'
import { SipRequest, SipResponse } from '../message/message.ts'
import { ReceivedHeaders } from '../message/received-headers.ts'
import { bytesToWire } from '../message/wire.ts'
import { tableWith } from './known-headers.ts'
import { findHeadEnd, type ScannedHead, scanHead, skipLineBreaks } from './scanner.ts'
import { type Problem, type RequestLine, readStartLine, type StatusLine } from './start-line.ts'

/** Options of {@link parseMessage}. */
export interface ParseOptions {
  /** How many bytes a message may have; past it, a request is refused with 513. Default: any number. */
  readonly maxBytes?: number
  /** How many header lines a message may have; past it, a request is refused with 513. Default: 200. */
  readonly maxHeaders?: number
  /**
   * Headers of other packages that must be well-formed too. Hand in the same array every time: what is made of
   * it is kept.
   */
  readonly headers?: readonly HeaderCodec<unknown>[]
}

/** What came of some bytes. */
export type ParseResult =
  | { readonly type: 'request'; readonly request: SipRequest<ReceivedHeaders> }
  | { readonly type: 'response'; readonly response: SipResponse<ReceivedHeaders> }
  /**
   * A request that cannot be taken, but can be answered with `status`. Only its Via lines are sure to be there;
   * its getters may throw, and `uri` is an OpaqueUri without a scheme where it was unreadable. An ACK is among
   * these like any other; it must not be answered.
   */
  | {
      readonly type: 'bad-request'
      readonly error: ParseError
      readonly status: Problem['status']
      readonly request: SipRequest<ReceivedHeaders>
    }
  /** Nothing to be done but to discard it. */
  | { readonly type: 'garbage'; readonly error: ParseError }

const MANDATORY: readonly HeaderCodec<unknown>[] = [Via, From, To, CallId, CSeq]

/**
 * Reads one message: a datagram, or what a stream's framer cut out. Never throws.
 *
 * A message is taken when its start line, its line structure and every known header follow the grammar, the
 * mandatory headers are there, what may come once comes once, the methods in start line and CSeq agree, and
 * Content-Length (optional here) promises no more than there is. Bytes behind the body are ignored
 * (RFC 3261 §18.3). Missing Max-Forwards is lived with, as RFC 2543 knew none.
 *
 * @see pjsip_parse_rdata
 */
export function parseMessage(bytes: Uint8Array, options: ParseOptions = {}): ParseResult {
  const start = skipLineBreaks(bytes)
  const text = bytesToWire(bytes, start, decodedEnd(bytes, start))
  const lineEnd = endOfLine(text)
  let startLine: RequestLine | StatusLine
  try {
    startLine = readStartLine(text, lineEnd)
  } catch (error) {
    return { type: 'garbage', error: asParseError(error) }
  }
  const scanned = scanHead(text, lineEnd + 2, tableWith(options.headers), options.maxHeaders ?? 200)
  const headers = new ReceivedHeaders(scanned.lines)
  const bodyStart = start + scanned.lines.headEnd
  const available = bytes.length - bodyStart
  const problem =
    startLine.problem ??
    sizeProblem(bytes, options.maxBytes) ??
    lineProblem(scanned) ??
    headerProblem(startLine, headers, available)

  const length = problem === undefined ? (headers.get(ContentLength) ?? available) : 0
  const end = bodyStart + length
  const body = length === 0 ? undefined : bytes.subarray(bodyStart, end)
  const source = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
  if (startLine.kind === 'response') {
    if (problem !== undefined) return { type: 'garbage', error: problem.error }
    const { status, reason } = startLine
    return { type: 'response', response: new SipResponse({ status, reason, headers, body, source }) }
  }
  const { method, uri } = startLine
  if (problem !== undefined && !headers.has(Via)) return { type: 'garbage', error: problem.error }
  const request = new SipRequest({ method, uri, headers, body, source })
  return problem === undefined ? { type: 'request', request } : { type: 'bad-request', ...problem, request }
}

// How far to decode: a short message is decoded whole, which is faster than looking for the end of its head.
function decodedEnd(bytes: Uint8Array, start: number): number {
  if (bytes.length <= SHORT) return bytes.length
  const end = findHeadEnd(bytes, start)
  return end < 0 ? bytes.length : end
}

const SHORT = 4096

function endOfLine(text: string): number {
  const end = text.indexOf('\r\n')
  return end < 0 ? text.length : end
}

function sizeProblem({ length }: Uint8Array, most = Number.POSITIVE_INFINITY): Problem | undefined {
  return length > most ? problemAt('message', `at most ${most} bytes`, `${length}`, 513) : undefined
}

function lineProblem({ error, tooMany }: ScannedHead): Problem | undefined {
  if (tooMany) return problemAt('head', 'fewer header lines', 'too many', 513)
  return error === undefined ? undefined : { error, status: 400 }
}

function headerProblem(
  startLine: RequestLine | StatusLine,
  headers: ReceivedHeaders,
  available: number,
): Problem | undefined {
  try {
    headers.readAll()
  } catch (error) {
    return { error: asParseError(error), status: 400 }
  }
  for (const header of MANDATORY) {
    if (headers.get(header) === undefined) return problemAt(header.name, 'a value', 'no such header')
  }
  const method = headers.get(CSeq)?.method
  if (startLine.kind === 'request' && method !== startLine.method) {
    return problemAt('CSeq', `the method ${startLine.method}`, String(method))
  }
  const length = headers.get(ContentLength)
  if (length !== undefined && length > available) {
    return problemAt('Content-Length', `at most the ${available} bytes that follow the head`, String(length))
  }
  return undefined
}

function problemAt(
  within: string,
  expected: string,
  found: string,
  status: Problem['status'] = 400,
): Problem {
  return { error: new ParseError({ expected, found, offset: 0, within }), status }
}

// The stack's own readers throw nothing else; a codec of an application might.
function asParseError(error: unknown): ParseError {
  if (error instanceof ParseError) return error
  return new ParseError({ expected: 'a value', found: String(error), offset: 0, within: 'head' })
}
