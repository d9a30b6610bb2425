import { ParseError } from '../base/errors.ts'
import { HeaderTable } from '../message/header-table.ts'
import {
  bytesToWire,
  ContentDisposition,
  ContentEncoding,
  ContentId,
  ContentTransferEncoding,
  ContentType,
  type HeaderReader,
  type MediaType,
  ReceivedHeaders,
} from '../message/index.ts'
import { scanHead } from '../parser/scanner.ts'
import { BodyPart, type Multipart } from './body-part.ts'

/** How much may be in a body. */
export interface BodyLimits {
  /** How deep multiparts may be nested; default 8. */
  readonly depth?: number
  /** How many parts there may be in all; default 100. */
  readonly parts?: number
  /** How many header lines a part may have; default 50. */
  readonly headers?: number
}

/** What came of a body. */
export type BodyResult =
  /** There is none. */
  | { readonly type: 'empty' }
  /** The whole of it; `part.parts` has the parts of a multipart. */
  | { readonly type: 'body'; readonly part: BodyPart }
  /** A multipart that is none, or passes a limit. */
  | { readonly type: 'unreadable'; readonly error: ParseError }

const DEFAULTS: Required<BodyLimits> = { depth: 8, parts: 100, headers: 50 }
const KNOWN = new HeaderTable([
  ContentType,
  ContentDisposition,
  ContentId,
  ContentTransferEncoding,
  ContentEncoding,
])

/**
 * Reads the body of a message, with all its parts if it is a multipart of whatever kind (RFC 2046 §5.1). Takes time
 * in proportion to its length; throws nothing.
 */
export function readBody(
  message: { readonly headers: HeaderReader; readonly body: Uint8Array },
  limits: BodyLimits = {},
): BodyResult {
  const { headers, body } = message
  if (body.length === 0) return { type: 'empty' }
  try {
    return { type: 'body', part: new PartReader({ ...DEFAULTS, ...limits }).read(headers, body, 0) }
  } catch (error) {
    if (error instanceof ParseError) return { type: 'unreadable', error }
    throw error
  }
}

class PartReader {
  readonly #limits: Required<BodyLimits>
  #left: number

  constructor(limits: Required<BodyLimits>) {
    this.#limits = limits
    this.#left = limits.parts
  }

  read(headers: HeaderReader, bytes: Uint8Array, depth: number): BodyPart {
    const type = headers.get(ContentType)
    const multipart = type?.type.toLowerCase() === 'multipart' ? this.#split(type, bytes, depth) : undefined
    return new BodyPart(headers, bytes, multipart)
  }

  #split(type: MediaType, bytes: Uint8Array, depth: number): Multipart {
    if (depth >= this.#limits.depth)
      problem(`at most ${this.#limits.depth} multiparts in each other`, 'more', 0)
    const wire = bytesToWire(bytes)
    const delimiters = findDelimiters(wire, boundaryOf(type), this.#left)
    const [first, ...others] = delimiters as [Delimiter, ...Delimiter[]]
    this.#left -= others.length
    let { end } = first
    const parts = others.map((next) => {
      const part = this.#part(wire.slice(end, next.start), bytes.subarray(end, next.start), depth)
      end = next.end
      return part
    })
    return { parts, preamble: bytes.subarray(0, first.start), epilogue: bytes.subarray(end) }
  }

  // Headers, an empty line and bytes; without the empty line there are headers alone (RFC 2046 §5.1.1).
  #part(wire: string, bytes: Uint8Array, depth: number): BodyPart {
    const blank = wire.startsWith('\r\n') ? 0 : wire.indexOf('\r\n\r\n')
    const head = blank === 0 ? '\r\n' : blank < 0 ? `${wire}\r\n\r\n` : wire.slice(0, blank + 4)
    const { lines, error, tooMany } = scanHead(head, 0, KNOWN, this.#limits.headers)
    if (error !== undefined) throw error
    if (tooMany) problem(`at most ${this.#limits.headers} header lines`, 'more', 0)
    const headers = new ReceivedHeaders(lines)
    headers.readAll()
    return this.read(headers, bytes.subarray(head.length), depth + 1)
  }
}

/** A line that holds the boundary: from the CRLF before it to behind its own. */
interface Delimiter {
  readonly start: number
  readonly end: number
}

// The lines with the boundary, the closing one last.
function findDelimiters(wire: string, boundary: string, maxParts: number): readonly Delimiter[] {
  const found: Delimiter[] = []
  const mark = `--${boundary}`
  for (let at = wire.startsWith(mark) ? -2 : wire.indexOf(`\r\n${mark}`); ; ) {
    if (at === -1) problem(`the boundary ${mark}--`, 'the end of the body', wire.length)
    const behind = at + 2 + mark.length
    const closes = wire.startsWith('--', behind)
    const end = endOfDelimiter(wire, closes ? behind + 2 : behind, closes)
    if (end > 0) {
      found.push({ start: Math.max(at, 0), end })
      if (closes) break
      if (found.length > maxParts) problem(`at most ${maxParts} parts`, 'more', at)
    }
    // The line break of one boundary does not begin the next.
    at = wire.indexOf(`\r\n${mark}`, end > 0 ? end : behind)
  }
  if (found.length < 2) problem(`the boundary ${mark}`, 'the closing one', 0)
  return found
}

// Behind the blanks and the line break that may follow a boundary (RFC 2046 §5.1.1); 0 if it is the beginning of
// something longer.
function endOfDelimiter(wire: string, from: number, closes: boolean): number {
  let at = from
  while (wire[at] === ' ' || wire[at] === '\t') at++
  if (wire.startsWith('\r\n', at)) return at + 2
  return closes && at === wire.length ? at : 0
}

// RFC 2046 §5.1.1: 1 to 70 characters.
function boundaryOf({ params }: MediaType): string {
  const boundary = params.get('boundary')
  if (!boundary || boundary.length > 70 || !/^[ -~]*[!-~]$/.test(boundary))
    problem('a boundary of 1 to 70 characters', JSON.stringify(boundary ?? 'none'), 0)
  return boundary
}

function problem(expected: string, found: string, offset: number): never {
  throw new ParseError({ within: 'multipart body', expected, found, offset })
}
