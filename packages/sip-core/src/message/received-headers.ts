import { Cursor, unfold } from './cursor.ts'
import { type HeaderCodec, headerKey, readValues } from './header-codec.ts'
import type { HeaderTable } from './header-table.ts'
import { type HeaderReader, keyOf } from './headers.ts'
import { wireToText } from './wire.ts'

/**
 * Numbers that are kept for each line: where its name starts and ends, where its value does, and the number of
 * its header in the table of known headers (0: not known).
 */
export const LINE_STRIDE = 5
const NAME = 0
const NAME_END = 1
const VALUE = 2
const VALUE_END = 3
const KNOWN = 4

/** The header lines of a message, as the scanner found them. */
export interface HeaderLines {
  /** What the offsets count in: begins with the start line, and holds at least the head. */
  readonly text: string
  /** Where the head ends: behind the empty line. */
  readonly headEnd: number
  /** `LINE_STRIDE` numbers a line, and room for more. */
  readonly offsets: readonly number[]
  /** How many lines there are. */
  readonly count: number
  /** The headers that the numbers in `offsets` mean. */
  readonly known: HeaderTable
}

/**
 * The headers of a message that came in. Read-only; a value is read when it is asked for, and kept.
 */
export class ReceivedHeaders implements HeaderReader {
  readonly #lines: HeaderLines
  // What was read: of the known headers by number, of others by codec.
  #values: (readonly unknown[] | undefined)[] | undefined
  #others: Map<HeaderCodec<unknown>, readonly unknown[]> | undefined

  constructor(lines: HeaderLines) {
    this.#lines = lines
  }

  /** Start line and headers with the empty line behind them as they came, as a wire string. */
  get head(): string {
    return this.#lines.text.slice(0, this.#lines.headEnd)
  }

  get<T>(header: HeaderCodec<T>): T | undefined
  get(name: string): string | undefined
  get<T>(header: HeaderCodec<T> | string): T | string | undefined {
    if (typeof header !== 'string') {
      const values = this.#kept(header)
      if (values !== undefined) return values[0]
      return header.kind === 'single' ? this.getAll(header)[0] : firstOf(this.#lines, header)
    }
    const line = find(this.#lines, headerKey(header), 0)
    return line < 0 ? undefined : wireToText(rawValue(this.#lines, line))
  }

  getAll<T>(header: HeaderCodec<T>): readonly T[]
  getAll(name: string): readonly string[]
  getAll<T>(header: HeaderCodec<T> | string): readonly (T | string)[] {
    if (typeof header === 'string') return this.rawLines(header).map(wireToText)
    const kept = this.#kept(header)
    if (kept !== undefined) return kept
    const values = linesOf(this.#lines, header).flatMap((line) =>
      readValues(header, cursorAt(this.#lines, line, header)),
    )
    this.#others ??= new Map()
    this.#others.set(header, values)
    return values
  }

  has(header: HeaderCodec<unknown> | string): boolean {
    return find(this.#lines, keyOf(header), 0) >= 0
  }

  get size(): number {
    return this.#lines.count
  }

  rawLines(header: HeaderCodec<unknown> | string): readonly string[] {
    return linesOf(this.#lines, header).map((line) => rawValue(this.#lines, line))
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, text: string]> {
    const lines = this.#lines
    for (let line = 0; line < lines.count * LINE_STRIDE; line += LINE_STRIDE) {
      yield [nameAt(lines, line), wireToText(rawValue(lines, line))]
    }
  }

  toWire(): string {
    const lines = this.#lines
    let wire = ''
    for (let line = 0; line < lines.count * LINE_STRIDE; line += LINE_STRIDE) {
      const name = nameAt(lines, line)
      if (headerKey(name) !== 'content-length') wire += `${name}: ${rawValue(lines, line)}\r\n`
    }
    return wire
  }

  /**
   * For the parser: reads every line of a known header, so that none of those can throw later.
   *
   * @throws ParseError when one is malformed, or one that may come only once comes twice
   */
  readAll(): void {
    const { text, offsets, count, known } = this.#lines
    const values: (unknown[] | undefined)[] = new Array(known.headers.length)
    const cursor = new Cursor(text, '')
    for (let line = 0; line < count * LINE_STRIDE; line += LINE_STRIDE) {
      const number = offsets[line + KNOWN] as number
      const header = known.headers[number]
      if (header === undefined) continue
      cursor.moveTo(offsets[line + VALUE] as number, offsets[line + VALUE_END] as number, header.name)
      const before = values[number]
      if (before === undefined) {
        values[number] = readValues(header, cursor)
      } else {
        if (header.kind === 'single') cursor.fail('no second line of this header')
        for (const value of readValues(header, cursor)) before.push(value)
      }
    }
    this.#values = values
  }

  #kept<T>(header: HeaderCodec<T>): readonly T[] | undefined {
    const number = this.#values === undefined ? 0 : this.#lines.known.numberOf(header)
    const values = number > 0 ? (this.#values?.[number] ?? NONE) : this.#others?.get(header)
    return values as readonly T[] | undefined
  }
}

const NONE: readonly never[] = []

// The first value alone: what follows it may be malformed, and need not be read.
function firstOf<T>(lines: HeaderLines, header: HeaderCodec<T>): T | undefined {
  for (const line of linesOf(lines, header)) {
    const cursor = cursorAt(lines, line, header)
    if (!cursor.done || !header.mayBeEmpty) return header.parse(cursor)
  }
  return undefined
}

function linesOf(lines: HeaderLines, header: HeaderCodec<unknown> | string): number[] {
  const key = keyOf(header)
  const found: number[] = []
  for (let line = find(lines, key, 0); line >= 0; line = find(lines, key, line + LINE_STRIDE))
    found.push(line)
  return found
}

// The first line of a header at or behind `from`; -1 if there is none.
function find({ text, offsets, count }: HeaderLines, key: string, from: number): number {
  for (let line = from; line < count * LINE_STRIDE; line += LINE_STRIDE) {
    if (isNamed(text, offsets[line + NAME] as number, offsets[line + NAME_END] as number, key)) return line
  }
  return -1
}

// Whether the name from `start` to `end` is a form of `key`.
function isNamed(text: string, start: number, end: number, key: string): boolean {
  if (end - start === 1) return headerKey(text.slice(start, end)) === key
  if (end - start !== key.length) return false
  for (let i = 0; i < key.length; i++) {
    const code = text.charCodeAt(start + i)
    const lower = code >= 65 && code <= 90 ? code + 32 : code
    if (lower !== key.charCodeAt(i)) return false
  }
  return true
}

function cursorAt({ text, offsets }: HeaderLines, line: number, header: HeaderCodec<unknown>): Cursor {
  return new Cursor(text, header.name, offsets[line + VALUE], offsets[line + VALUE_END])
}

function nameAt({ text, offsets }: HeaderLines, line: number): string {
  return text.slice(offsets[line + NAME], offsets[line + NAME_END])
}

function rawValue({ text, offsets }: HeaderLines, line: number): string {
  return unfold(text.slice(offsets[line + VALUE], offsets[line + VALUE_END]))
}
