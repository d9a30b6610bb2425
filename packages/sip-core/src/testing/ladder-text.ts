import { cells, cellsOf, fit } from './ladder-printable.ts'
import type { MessageKind, Summary } from './ladder-summary.ts'

/** One lifeline. */
export interface LadderColumn {
  readonly name: string
  /** Shown under the name. */
  readonly address?: string
}

/** How the network dealt with a message, as far as it is known. */
export type Passage = 'arrives' | 'lost' | 'twice' | { readonly heldBack: number }

/** One message; `from` and `to` count the columns from 0. */
export interface LadderMessage {
  readonly type: 'message'
  readonly from: number
  readonly to: number
  /** Since the first row. */
  readonly seconds: number
  readonly summary: Summary
  /** How often the same bytes went the same way before. */
  readonly resent: number
  readonly passage: Passage
}

/** Words between the messages. */
export interface LadderNote {
  readonly type: 'note'
  readonly text: string
}

export type LadderRow = LadderMessage | LadderNote

/** How a ladder is drawn on a terminal. */
export interface TextStyle {
  readonly width: number
  readonly ascii: boolean
  readonly color: boolean
}

const TIME = 9
const WIDEST_GAP = 46
const NARROWEST_GAP = 14

const LINES = {
  life: '│',
  out: { 1: '├', [-1]: '┤' },
  cross: '┼',
  line: '─',
  again: '╌',
  head: { 1: '▶', [-1]: '◀' },
  cut: '…',
}
const ASCII = {
  life: '|',
  out: { 1: '|', [-1]: '|' },
  cross: '|',
  line: '-',
  again: '.',
  head: { 1: '>', [-1]: '<' },
  cut: '..',
}

type Glyphs = typeof LINES

type Paint = MessageKind | 'plain' | 'name' | 'faint' | 'lost'

const PAINTS: Readonly<Record<Paint, string>> = {
  plain: '',
  name: '1',
  faint: '2',
  request: '36',
  provisional: '33',
  success: '32',
  failure: '31',
  garbage: '35',
  lost: '31',
}

/** The two lines above the lifelines: names and, where there are any, addresses. */
export function drawHeader(columns: readonly LadderColumn[], style: TextStyle): string {
  const { at, gap, edge } = layout(columns, style)
  const names = new Canvas()
  names.put(TIME - 'seconds'.length, 'seconds', 'faint')
  const addresses = new Canvas()
  for (const [index, { name, address = '' }] of columns.entries()) {
    const room = columns.length === 1 ? style.width : gap - 2
    centered(names, at(index), cut(name, room, style), 'name', edge)
    centered(addresses, at(index), cut(address, room, style), 'faint', edge)
  }
  return [names, addresses]
    .map((line) => line.toString(style.color))
    .filter((line) => line !== '')
    .join('\n')
}

/** The line of one row. */
export function drawRow(columns: readonly LadderColumn[], row: LadderRow, style: TextStyle): string {
  const canvas = new Canvas()
  const { at } = layout(columns, style)
  const glyphs = style.ascii ? ASCII : LINES
  for (const index of columns.keys()) canvas.put(at(index), glyphs.life, 'faint')
  if (row.type === 'note') {
    const middle = (at(0) + at(Math.max(0, columns.length - 1))) >> 1
    const room = 2 * Math.min(middle - TIME, style.width - middle) - 2
    centered(canvas, middle, ` ${cut(row.text, room, style)} `, 'name', style.width)
    return canvas.toString(style.color)
  }
  canvas.put(0, formatSeconds(row.seconds).padStart(TIME), 'faint')
  const paint = row.resent > 0 ? 'faint' : row.summary.kind
  if (row.from === row.to) drawToItself(canvas, at(row.from), row, paint, style)
  else drawArrow(canvas, at, columns.length, row, paint, glyphs)
  return canvas.toString(style.color)
}

function drawArrow(
  canvas: Canvas,
  at: (index: number) => number,
  columns: number,
  row: LadderMessage,
  paint: Paint,
  glyphs: Glyphs,
): void {
  const way = row.to > row.from ? 1 : -1
  const start = at(row.from)
  const lost = row.passage === 'lost'
  const end = at(row.to) - way * (lost ? 5 : 1)
  const line = row.resent > 0 ? glyphs.again : glyphs.line
  canvas.put(start, glyphs.out[way], 'faint')
  for (let x = start + way; x !== end; x += way) canvas.put(x, line, paint)
  for (let index = 0; index < columns; index++) {
    const x = at(index)
    if ((x - start) * way > 0 && (end - x) * way > 0) canvas.put(x, glyphs.cross, 'faint')
  }
  canvas.put(end, lost ? 'x' : glyphs.head[way], lost ? 'lost' : paint)

  // The label stands between the sender and the next lifeline if it has the room there, or else over the whole way.
  const next = at(row.from + way)
  const nearby = (end - next) * way > 0 && cells(labelOf(row)) <= labelRoom(start, next)
  const until = nearby ? next : end
  const label = labelOf(row, labelRoom(start, until), glyphs.cut)
  if (label === '') return
  const left = Math.abs(until - start) - 1 - (cells(label) + 2)
  const before = Math.ceil(left / 2)
  canvas.put(way > 0 ? start + 1 + before : start - before - cells(label) - 2, ` ${label} `, paint)
}

// What is left for words when there are a space and a bit of line on both sides.
function labelRoom(start: number, until: number): number {
  return Math.abs(until - start) - 5
}

/** Seconds as the time column shows them. */
export function formatSeconds(seconds: number): string {
  const text = seconds.toFixed(3)
  return text.length <= TIME ? text : String(Math.round(seconds))
}

/** What the network and its sender did to a message besides letting it arrive once. */
export function remarks({ resent, passage }: LadderMessage): readonly string[] {
  const words: string[] = []
  if (resent > 0) words.push(resent === 1 ? '(resent)' : `(resent ${resent}x)`)
  if (passage === 'twice') words.push('(twice)')
  else if (typeof passage === 'object') words.push(`(+${Math.round(passage.heldBack)} ms)`)
  return words
}

// Title, remarks, details; where that is too long the details say less, and then lose their end.
function labelOf(row: LadderMessage, room = Number.POSITIVE_INFINITY, ellipsis = ''): string {
  const { title, details } = row.summary
  const head = [title, ...remarks(row)].join(' ')
  const whole = [head, ...details.map(({ text }) => text)].join('  ')
  if (cells(whole) <= room) return whole
  const short = details.map(({ text, short = text }) => short).filter((text) => text !== '')
  return fit([head, ...short].join('  '), room, ellipsis)
}

function drawToItself(canvas: Canvas, at: number, row: LadderMessage, paint: Paint, style: TextStyle): void {
  const glyphs = style.ascii ? ASCII : LINES
  const label = labelOf(row)
  const right = style.width - at - 5
  if (cells(label) <= right || right >= at - TIME - 6) {
    canvas.put(at + 1, `${glyphs.head[-1]}${glyphs.line} ${fit(label, right, glyphs.cut)} `, paint)
  } else {
    const text = fit(label, at - TIME - 6, glyphs.cut)
    canvas.put(at - 4 - cells(text), ` ${text} ${glyphs.line}${glyphs.head[1]}`, paint)
  }
}

// The first and the last lifeline stand as far out as the names above them allow; addresses may lean inward.
function layout(columns: readonly LadderColumn[], { width }: TextStyle): Layout {
  const half = (column: LadderColumn | undefined) => Math.max(3, Math.min(24, cells(column?.name ?? '')) >> 1)
  const first = TIME + 2 + half(columns[0])
  const room = width - 1 - first - half(columns.at(-1))
  const gap = Math.max(
    NARROWEST_GAP,
    Math.min(WIDEST_GAP, Math.floor(room / Math.max(1, columns.length - 1))),
  )
  const needed = first + (columns.length - 1) * gap + 1 + half(columns.at(-1))
  return { gap, at: (index) => first + index * gap, edge: Math.max(width, needed) }
}

interface Layout {
  /** The place of a lifeline. */
  at(index: number): number
  /** From one lifeline to the next. */
  readonly gap: number
  /** Where lines end: the width, or more if there are too many lifelines for it. */
  readonly edge: number
}

function cut(text: string, room: number, { ascii }: TextStyle): string {
  return fit(text, room, (ascii ? ASCII : LINES).cut)
}

function centered(canvas: Canvas, middle: number, text: string, paint: Paint, width: number): void {
  const size = cells(text)
  canvas.put(Math.max(0, Math.min(width - size, Math.ceil(middle - size / 2))), text, paint)
}

/** One line of a terminal; what is put later covers what was there. */
class Canvas {
  readonly #cells: { readonly text: string; readonly paint: Paint }[] = []

  put(at: number, text: string, paint: Paint): void {
    let x = Math.round(at)
    for (const character of text) {
      const width = cellsOf(character)
      const before = this.#cells[x - 1]
      if (width === 0) {
        if (before !== undefined) this.#cells[x - 1] = { text: before.text + character, paint }
        continue
      }
      this.#cells[x] = { text: character, paint }
      // The second half of a wide character.
      if (width === 2) this.#cells[x + 1] = { text: '', paint }
      x += width
    }
  }

  toString(color: boolean): string {
    let line = ''
    let painted: Paint = 'plain'
    const end = this.#cells.findLastIndex((cell) => cell !== undefined && cell.text !== ' ') + 1
    for (let x = 0; x < end; x++) {
      const { text, paint } = this.#cells[x] ?? BLANK
      if (color && text.trim() !== '' && paint !== painted) {
        line += PAINTS[paint] === '' ? '\x1b[0m' : `\x1b[0;${PAINTS[paint]}m`
        painted = paint
      }
      line += text
    }
    return painted === 'plain' ? line : `${line}\x1b[0m`
  }
}

const BLANK = { text: ' ', paint: 'plain' } as const
