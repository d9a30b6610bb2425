import { ParseError } from '../base/errors.ts'
import { isOneOf, WS } from '../message/chars.ts'
import type { HeaderTable } from '../message/header-table.ts'
import { type HeaderLines, LINE_STRIDE } from '../message/received-headers.ts'

const CR = 13
const LF = 10
const SP = 32
const HTAB = 9
const COLON = 0x3a

/** The place behind the line breaks that may stand before a message (RFC 3261 §7.5). */
export function skipLineBreaks(bytes: Uint8Array): number {
  let at = 0
  while (bytes[at] === CR && bytes[at + 1] === LF) at += 2
  return at
}

/**
 * The place behind the empty line that ends the head; -1 if there is none.
 *
 * Looks at every fourth byte only: what is neither CR nor LF cannot be part of a CR LF CR LF, nor can the three
 * bytes before it end one.
 */
export function findHeadEnd(bytes: Uint8Array, from: number): number {
  let at = from + 3
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === LF) {
      if (bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1
      at += 2
    } else {
      at += byte === CR ? 1 : 4
    }
  }
  return -1
}

/** What the scanner made of a text. */
export interface ScannedHead {
  readonly lines: HeaderLines
  /** What is wrong with the first line that is none, or that the empty line is missing. */
  readonly error: ParseError | undefined
  /** There are more lines than were asked for; the rest was not looked at. */
  readonly tooMany: boolean
}

/**
 * Finds the header lines from `at` to the empty line. A line that is none is left out and reported.
 *
 * Line breaks are CR LF; a CR or LF alone is refused wherever it stands, so that what two elements take for
 * lines can never differ.
 */
export function scanHead(text: string, at: number, known: HeaderTable, maxLines: number): ScannedHead {
  // Room for the lines of most messages: growing an array costs more than all else here.
  const offsets: number[] = new Array(14 * LINE_STRIDE)
  let count = 0
  let error: ParseError | undefined
  let tooMany = false
  let start = at
  while (!isLineBreakAt(text, start)) {
    if (start >= text.length) {
      error ??= problem(text, start, 'an empty line behind the headers')
      break
    }
    if (count === maxLines) {
      tooMany = true
      break
    }
    const number = known.numberAt(text, start)
    const nameEnd = known.end
    let colon = nameEnd
    while (isBlank(text.charCodeAt(colon))) colon++
    const isField = nameEnd > start && text.charCodeAt(colon) === COLON
    const end = findLineEnd(text, isField ? colon : start)
    if (!isField) {
      error ??= problem(text, colon, "a header's name and ':'")
    } else if (end < 0) {
      error ??= problem(text, ~end, 'CR LF where a line ends, and neither of them elsewhere')
    } else {
      const line = count++ * LINE_STRIDE
      const value = skipSpace(text, colon + 1, end)
      offsets[line] = start
      offsets[line + 1] = nameEnd
      offsets[line + 2] = value
      offsets[line + 3] = trimSpace(text, value, end)
      offsets[line + 4] = number
    }
    start = end < 0 ? nextLine(text, ~end) : end + 2
  }
  const headEnd = Math.min(start + 2, text.length)
  return { lines: { text, headEnd, offsets, count, known }, error, tooMany }
}

// Where the line and its folds end: the place of the CR LF. The complement (~) of a place at which a CR or LF
// stands alone, or at which the head ends without one. Never looks further than the line goes.
function findLineEnd(text: string, from: number): number {
  for (let at = from; ; ) {
    const lf = text.indexOf('\n', at)
    if (lf < 0) return ~text.length
    if (text.charCodeAt(lf - 1) !== CR) return ~lf
    const cr = text.indexOf('\r', at)
    if (cr !== lf - 1) return ~cr
    if (!isBlank(text.charCodeAt(lf + 1))) return cr
    at = lf + 1
  }
}

function nextLine(text: string, from: number): number {
  const lf = text.indexOf('\n', from)
  return lf < 0 ? text.length : lf + 1
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB
}

function isLineBreakAt(text: string, at: number): boolean {
  return text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF
}

function skipSpace(text: string, from: number, to: number): number {
  let at = from
  while (at < to && isOneOf(text.charCodeAt(at), WS)) at++
  return at
}

function trimSpace(text: string, from: number, to: number): number {
  let at = to
  while (at > from && isOneOf(text.charCodeAt(at - 1), WS)) at--
  return at
}

function problem(text: string, at: number, expected: string): ParseError {
  const found = at < text.length ? JSON.stringify(text.slice(at, at + 24)) : 'end of input'
  return new ParseError({ expected, found, offset: at, within: 'head' })
}
