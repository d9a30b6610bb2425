import { cells, fit } from './ladder-printable.ts'
import {
  formatSeconds,
  type LadderColumn,
  type LadderMessage,
  type LadderRow,
  remarks,
} from './ladder-text.ts'

/** What is drawn on a page. */
export interface Drawing {
  readonly columns: readonly LadderColumn[]
  /** `hover` is what shows when the pointer rests on a message. */
  readonly rows: readonly { readonly row: LadderRow; readonly hover: string }[]
  readonly title: string
}

const MARGIN = 24
const TIME = 64
const CHARACTER = 7.3
const NARROWEST_GAP = 200
const WIDEST_GAP = 420
const HEAD = 44
const STEP = 38
const NOTE = 40
/** A silence of this many seconds or more is shown as one. */
const SILENCE = 1
const SILENCE_STEP = 30

// Plain properties and one media query: everything that shows SVG understands them, pictures within pages too.
const CSS = `
.page { fill: #ffffff }
text { font: 13px ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 }
.box { fill: #f6f8fa; stroke: #d1d9e0 }
.name { font-weight: 600; text-anchor: middle }
.address { font-size: 11px; fill: #656d76; text-anchor: middle }
.life { stroke: #d1d9e0; stroke-width: 1.5 }
.time { font-size: 11px; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #8b949e; text-anchor: end }
.silence { font-size: 11px; font-style: italic; fill: #8b949e; text-anchor: end }
.label { text-anchor: middle; paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round }
.label .what { font-weight: 600 }
.label .more, .label .mark { font-size: 12px; fill: #656d76 }
.label .mark { font-style: italic }
.band { fill: #ddf4ff; stroke: #b6e3ff }
.words { text-anchor: middle; font-weight: 500; fill: #0550ae }
.arrow { fill: none; stroke-width: 1.6 }
.request .arrow { stroke: #0969da } .request .tip { fill: #0969da }
.provisional .arrow { stroke: #9a6700 } .provisional .tip { fill: #9a6700 }
.success .arrow { stroke: #1a7f37 } .success .tip { fill: #1a7f37 }
.failure .arrow { stroke: #cf222e } .failure .tip { fill: #cf222e }
.garbage .arrow { stroke: #8250df } .garbage .tip { fill: #8250df }
.request .what { fill: #0969da } .provisional .what { fill: #9a6700 } .success .what { fill: #1a7f37 }
.failure .what { fill: #cf222e } .garbage .what { fill: #8250df }
.resent .arrow { stroke-dasharray: 5 4 } .resent { opacity: 0.75 }
.lost { fill: none; stroke: #cf222e; stroke-width: 2; stroke-linecap: round }
@media (prefers-color-scheme: dark) {
  .page { fill: #0d1117 }
  text { fill: #e6edf3 }
  .box { fill: #161b22; stroke: #3d444d }
  .address, .label .more, .label .mark { fill: #9198a1 }
  .life { stroke: #3d444d }
  .time, .silence { fill: #7d8590 }
  .label { stroke: #0d1117 }
  .band { fill: #121d2f; stroke: #1f3a5f }
  .words { fill: #79c0ff }
  .request .arrow { stroke: #4493f8 } .request .tip, .request .what { fill: #4493f8 }
  .provisional .arrow { stroke: #d29922 } .provisional .tip, .provisional .what { fill: #d29922 }
  .success .arrow { stroke: #3fb950 } .success .tip, .success .what { fill: #3fb950 }
  .failure .arrow { stroke: #f85149 } .failure .tip, .failure .what { fill: #f85149 }
  .garbage .arrow { stroke: #ab7df8 } .garbage .tip, .garbage .what { fill: #ab7df8 }
  .lost { stroke: #f85149 }
}`

/** A ladder as a picture that needs nothing from outside and suits light and dark pages. */
export function drawSvg({ columns, rows, title }: Drawing): string {
  const gap = gapFor(columns, rows)
  const box = Math.min(gap - 24, Math.max(120, ...columns.map((c) => 28 + widthOf(c.address ?? c.name))))
  const first = MARGIN + TIME + 20 + box / 2
  const at = (index: number) => first + index * gap
  const last = at(Math.max(0, columns.length - 1))
  // A message to itself needs a place for its words.
  const aside = rows.some(({ row }) => row.type === 'message' && row.from === row.to && at(row.from) === last)
  const width = Math.round(last + Math.max(box / 2, aside ? gap - 20 : 0) + MARGIN)
  const top = MARGIN + (title === '' ? 0 : 36)

  let y = top + HEAD + 6
  let before: number | undefined
  const body: string[] = []
  for (const { row, hover } of rows) {
    if (row.type === 'note') {
      y += NOTE
      body.push(`<g>${band(at(0) - box / 2, last + box / 2, y, row.text)}</g>`)
      continue
    }
    const silence = row.seconds - (before ?? row.seconds)
    before = row.seconds
    if (silence >= SILENCE) {
      y += SILENCE_STEP
      body.push(`<text class="silence" x="${MARGIN + TIME}" y="${y + 3}">+${silence.toFixed(1)} s</text>`)
    }
    y += STEP
    const time = `<text class="time" x="${MARGIN + TIME}" y="${y + 4}">${formatSeconds(row.seconds)}</text>`
    const arrow =
      row.from === row.to ? loop(row, at(row.from), y, gap) : straight(row, at(row.from), at(row.to), y)
    const classes = row.resent > 0 ? `${row.summary.kind} resent` : row.summary.kind
    body.push(`<g class="${classes}"><title>${escaped(hover)}</title>${time}${arrow}</g>`)
  }
  const bottom = y + 28
  const lives = columns.map((_, index) => {
    return `<line class="life" x1="${at(index)}" y1="${top + HEAD}" x2="${at(index)}" y2="${bottom}"/>`
  })
  const heads = columns.map((column, index) => head(column, at(index), top, box))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + MARGIN}" viewBox="0 0 ${width} ${bottom + MARGIN}" role="img">`,
    `<title>${escaped(title === '' ? 'SIP ladder' : title)}</title>`,
    `<style>${CSS}\n</style>`,
    `<rect class="page" width="100%" height="100%" rx="8"/>`,
    ...(title === ''
      ? []
      : [`<text class="title" x="${MARGIN}" y="${MARGIN + 16}">${escaped(title)}</text>`]),
    ...lives,
    ...heads,
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

function head({ name, address }: LadderColumn, x: number, top: number, width: number): string {
  const room = Math.floor((width - 12) / CHARACTER)
  const box = `<rect class="box" x="${x - width / 2}" y="${top}" width="${width}" height="${HEAD}" rx="7"/>`
  if (address === undefined) {
    return `${box}<text class="address" x="${x}" y="${top + 26}">${escaped(fit(name, room + 4))}</text>`
  }
  const names = `<text class="name" x="${x}" y="${top + 19}">${escaped(fit(name, room))}</text>`
  return `${box}${names}<text class="address" x="${x}" y="${top + 35}">${escaped(fit(address, room + 4))}</text>`
}

function straight(row: LadderMessage, from: number, to: number, y: number): string {
  const way = to > from ? 1 : -1
  const lost = row.passage === 'lost'
  const end = lost ? to - way * 48 : to - way * 1
  const line = `<path class="arrow" d="M${from} ${y}H${lost ? end : end - way * 7}"/>`
  const tip = lost
    ? `<path class="lost" d="M${end - 5} ${y - 5}l10 10m0 -10l-10 10"/>`
    : `<path class="tip" d="M${end} ${y}l${-way * 9} -4.5v9z"/>`
  return line + tip + label(row, (from + to) / 2, y - 7, Math.abs(to - from) - 24, 'middle')
}

// Out on the right and back in, the words beside it.
function loop(row: LadderMessage, x: number, y: number, gap: number): string {
  const line = `<path class="arrow" d="M${x} ${y - 8}h22a8 8 0 0 1 0 16h-14"/>`
  const tip = `<path class="tip" d="M${x + 1} ${y + 8}l9 -4.5v9z"/>`
  return line + tip + label(row, x + 40, y + 4, gap - 60, 'start')
}

function label(row: LadderMessage, x: number, y: number, room: number, anchor: 'middle' | 'start'): string {
  let left = Math.floor(room / CHARACTER)
  const spans: string[] = []
  const span = (kind: string, text: string) => {
    const shown = fit(text, left)
    if (shown === '') return
    left -= cells(shown) + 1
    spans.push(`<tspan class="${kind}"${spans.length === 0 ? '' : ' dx="7"'}>${escaped(shown)}</tspan>`)
  }
  const { title, details } = row.summary
  const marks = remarks(row)
  const long = cells([title, ...marks, ...details.map(({ text }) => text)].join(' ')) > left
  span('what', title)
  for (const mark of marks) span('mark', mark)
  for (const { text, short = text } of details) span('more', long ? short : text)
  const style = anchor === 'start' ? ' style="text-anchor: start"' : ''
  return `<text class="label" x="${x}" y="${y}"${style}>${spans.join('')}</text>`
}

function band(left: number, right: number, y: number, text: string): string {
  const shown = fit(text, Math.floor((right - left - 16) / CHARACTER))
  return (
    `<rect class="band" x="${left}" y="${y - 13}" width="${right - left}" height="26" rx="13"/>` +
    `<text class="words" x="${(left + right) / 2}" y="${y + 4.5}">${escaped(shown)}</text>`
  )
}

// Wide enough for most labels between neighbours.
function gapFor(columns: readonly LadderColumn[], rows: Drawing['rows']): number {
  let widest = Math.max(0, ...columns.map(({ name, address }) => widthOf(address ?? name) + 30))
  for (const { row } of rows) {
    if (row.type !== 'message') continue
    const { title, details } = row.summary
    const words = [title, ...remarks(row), ...details.map(({ text }) => text)]
    widest = Math.max(widest, (widthOf(words.join(' ')) + 40) / Math.max(1, Math.abs(row.to - row.from)))
  }
  return Math.round(Math.min(WIDEST_GAP, Math.max(NARROWEST_GAP, widest)))
}

function widthOf(text: string): number {
  return cells(text) * CHARACTER
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
