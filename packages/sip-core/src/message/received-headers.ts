import { ParseError } from '../base/errors.ts'
import { Cursor, unfold } from './cursor.ts'
import { type HeaderCodec, hashName, headerKey, readValues } from './header-codec.ts'
import { type HeaderTable, isNamed } from './header-table.ts'
import type { HeaderReader } from './headers.ts'
import { wireToText } from './wire.ts'

/** Numbers that are kept for each line: where its name starts and ends, where its value does, the name's hash. */
export const LINE_STRIDE = 5
const NAME = 0
const NAME_END = 1
const VALUE = 2
const VALUE_END = 3
const HASH = 4

/**
 * The headers of a message that came in. Read-only; a value is read when it is asked for, and kept.
 */
export class ReceivedHeaders implements HeaderReader {
  /** Start line and headers with the empty line behind them as they came, as a wire string. */
  readonly head: string
  readonly #lines: readonly number[]
  // What was read: #values[i] holds the values of #read[i]. A message has few headers; a search beats a map.
  #read: HeaderCodec<unknown>[] = []
  #values: unknown[][] = []

  /**
   * @param lines `LINE_STRIDE` numbers a line: name from, to, value from, to (offsets in `head`), and the hash of
   *   the name's long form (`hashName`)
   */
  constructor(head: string, lines: readonly number[]) {
    this.head = head
    this.#lines = lines
  }

  get<T>(header: HeaderCodec<T>): T | undefined
  get(name: string): string | undefined
  get<T>(header: HeaderCodec<T> | string): T | string | undefined {
    if (typeof header !== 'string') {
      const index = this.#read.indexOf(header)
      if (index >= 0) return (this.#values[index] as T[])[0]
      return header.kind === 'single' ? this.getAll(header)[0] : this.#first(header)
    }
    const key = headerKey(header)
    const line = this.#find(key, hashOf(key), 0)
    return line < 0 ? undefined : wireToText(this.#value(line))
  }

  getAll<T>(header: HeaderCodec<T>): readonly T[]
  getAll(name: string): readonly string[]
  getAll<T>(header: HeaderCodec<T> | string): readonly (T | string)[] {
    if (typeof header === 'string') return this.rawLines(header).map(wireToText)
    const index = this.#read.indexOf(header)
    if (index >= 0) return this.#values[index] as T[]
    const values: T[] = []
    const { key, hash } = header
    for (let line = this.#find(key, hash, 0); line >= 0; line = this.#find(key, hash, line + LINE_STRIDE)) {
      readValues(header, this.#cursor(line, header), values)
    }
    this.#read.push(header)
    this.#values.push(values)
    return values
  }

  has(header: HeaderCodec<unknown> | string): boolean {
    const key = typeof header === 'string' ? headerKey(header) : header.key
    return this.#find(key, typeof header === 'string' ? hashOf(key) : header.hash, 0) >= 0
  }

  get size(): number {
    return this.#lines.length / LINE_STRIDE
  }

  rawLines(header: HeaderCodec<unknown> | string): readonly string[] {
    const key = typeof header === 'string' ? headerKey(header) : header.key
    const hash = typeof header === 'string' ? hashOf(key) : header.hash
    const lines: string[] = []
    for (let line = this.#find(key, hash, 0); line >= 0; line = this.#find(key, hash, line + LINE_STRIDE)) {
      lines.push(this.#value(line))
    }
    return lines
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, text: string]> {
    for (let line = 0; line < this.#lines.length; line += LINE_STRIDE) {
      yield [
        this.head.slice(this.#lines[line + NAME], this.#lines[line + NAME_END]),
        wireToText(this.#value(line)),
      ]
    }
  }

  toWire(): string {
    let wire = ''
    for (let line = 0; line < this.#lines.length; line += LINE_STRIDE) {
      const name = this.head.slice(this.#lines[line + NAME], this.#lines[line + NAME_END])
      if (headerKey(name) !== 'content-length') wire += `${name}: ${this.#value(line)}\r\n`
    }
    return wire
  }

  /**
   * For the parser: reads every line whose header is in `known`, so that none of those can throw later.
   *
   * @throws ParseError when one is malformed, or one that may come only once comes twice
   */
  readAll(known: HeaderTable): void {
    const { head } = this
    const lines = this.#lines
    const read: HeaderCodec<unknown>[] = []
    const kept: unknown[][] = []
    const cursor = new Cursor(head, '')
    for (let line = 0; line < lines.length; line += LINE_STRIDE) {
      const start = lines[line + NAME] as number
      const header = known.find(head, start, lines[line + NAME_END] as number, lines[line + HASH] as number)
      if (header === undefined) continue
      let index = read.indexOf(header)
      if (index < 0) {
        index = read.push(header) - 1
        kept.push([])
      } else if (header.kind === 'single') {
        throw new ParseError({
          expected: 'one line only',
          found: 'a second one',
          offset: start,
          within: header.name,
        })
      }
      cursor.moveTo(lines[line + VALUE] as number, lines[line + VALUE_END] as number, header.name)
      readValues(header, cursor, kept[index] as unknown[])
    }
    this.#read = read
    this.#values = kept
  }

  #first<T>(header: HeaderCodec<T>): T | undefined {
    const { key, hash } = header
    for (let line = this.#find(key, hash, 0); line >= 0; line = this.#find(key, hash, line + LINE_STRIDE)) {
      const cursor = this.#cursor(line, header)
      if (!cursor.done || !header.mayBeEmpty) return header.parse(cursor)
    }
    return undefined
  }

  #find(key: string, hash: number, from: number): number {
    const lines = this.#lines
    for (let line = from; line < lines.length; line += LINE_STRIDE) {
      if (lines[line + HASH] !== hash) continue
      if (isNamed(this.head, lines[line + NAME] as number, lines[line + NAME_END] as number, key)) return line
    }
    return -1
  }

  #cursor(line: number, header: HeaderCodec<unknown>): Cursor {
    return new Cursor(this.head, header.name, this.#lines[line + VALUE], this.#lines[line + VALUE_END])
  }

  #value(line: number): string {
    return unfold(this.head.slice(this.#lines[line + VALUE], this.#lines[line + VALUE_END]))
  }
}

function hashOf(key: string): number {
  return hashName(key, 0, key.length)
}
