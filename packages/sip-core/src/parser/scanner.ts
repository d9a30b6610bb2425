import { ParseError } from '../base/errors.ts'
import { isOneOf, TOKEN } from '../message/chars.ts'
import { compactHash } from '../message/header-codec.ts'
import { LINE_STRIDE } from '../message/received-headers.ts'

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

/** The lines of a head, and what is wrong with the first one that is none. */
export interface ScannedLines {
  /** `LINE_STRIDE` numbers a line, as ReceivedHeaders wants them. */
  readonly lines: number[]
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
export function scanLines(head: string, at: number, maxLines: number): ScannedLines {
  const lines: number[] = []
  const room = maxLines * LINE_STRIDE
  let error: ParseError | undefined
  let start = at
  while (start < head.length && head.charCodeAt(start) !== CR) {
    if (lines.length >= room) return { lines, error, tooMany: true }
    let hash = 0
    let nameEnd = start
    for (; nameEnd < head.length; nameEnd++) {
      const code = head.charCodeAt(nameEnd)
      if (!isOneOf(code, TOKEN)) break
      hash = (Math.imul(hash, 31) + (code | 0x20)) | 0
    }
    let value = nameEnd
    while (isBlank(head.charCodeAt(value))) value++
    const isField = nameEnd > start && head.charCodeAt(value) === COLON
    const end = isField ? findLineEnd(head, value + 1) : findLineEnd(head, start)
    if (!isField) error ??= problem(head, value, "a header's name and ':'")
    else if (end < 0) error ??= problem(head, ~end, 'CR LF only where a line ends')
    else {
      if (nameEnd - start === 1) hash = compactHash(head.charCodeAt(start)) || hash
      pushLine(lines, head, start, nameEnd, value + 1, end, hash)
    }
    start = end < 0 ? nextLine(head, ~end) : end + 2
  }
  return { lines, error, tooMany: false }
}

function pushLine(
  lines: number[],
  head: string,
  start: number,
  nameEnd: number,
  from: number,
  to: number,
  hash: number,
): void {
  while (from < to && isBlankOrBreak(head.charCodeAt(from))) from++
  while (to > from && isBlankOrBreak(head.charCodeAt(to - 1))) to--
  lines.push(start, nameEnd, from, to, hash)
}

// Where the line and its folds end: the place of the CR LF. The complement (~) of a place at which a CR or LF
// stands alone, or at which the head ends without one.
function findLineEnd(head: string, from: number): number {
  for (let at = from; ; ) {
    const cr = head.indexOf('\r', at)
    const lf = head.indexOf('\n', at)
    if (cr < 0 || lf !== cr + 1) return ~(lf >= 0 && (cr < 0 || lf < cr) ? lf : cr >= 0 ? cr : head.length)
    if (!isBlank(head.charCodeAt(lf + 1))) return cr
    at = lf + 1
  }
}

function nextLine(head: string, from: number): number {
  const lf = head.indexOf('\n', from)
  return lf < 0 ? head.length : lf + 1
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB
}

function isBlankOrBreak(code: number): boolean {
  return code === SP || code === HTAB || code === CR || code === LF
}

function problem(head: string, at: number, expected: string): ParseError {
  const found = at < head.length ? JSON.stringify(head.slice(at, at + 24)) : 'end of input'
  return new ParseError({ expected, found, offset: at, within: 'head' })
}
