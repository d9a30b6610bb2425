import type { Endpoint } from '../endpoint/index.ts'
import { bytesToWire } from '../message/index.ts'
import { type Address, formatAddress, type MessageTrace } from '../transport/index.ts'
import { formatBytes } from './format-trace.ts'
import { printable } from './ladder-printable.ts'
import { type Summary, summarize } from './ladder-summary.ts'
import { drawSvg } from './ladder-svg.ts'
import {
  drawHeader,
  drawRow,
  type LadderColumn,
  type LadderRow,
  type Passage,
  type TextStyle,
} from './ladder-text.ts'
import type { Fate, LoopNetwork, Packet } from './loop-network.ts'

/** How a ladder looks, and where it goes while it grows. */
export interface LadderOptions {
  /** Columns of the terminal; default 100. */
  readonly width?: number | undefined
  /** Plain ASCII instead of box-drawing characters; default false. */
  readonly ascii?: boolean
  /** ANSI colours; default false. */
  readonly color?: boolean
  /** Gets each row as it happens (the first with the header above it), e.g. `console.log`. */
  readonly print?: (line: string) => void
}

/** How the picture is labelled. */
export interface SvgOptions {
  /** Stands above the picture; default none. */
  readonly title?: string
}

/** A message with the keys of where it came from and where it went. */
interface Entry {
  readonly from: string
  readonly to: string
  readonly at: number
  readonly bytes: Uint8Array
  readonly summary: Summary
  readonly resent: number
  readonly passage: Passage
  /** Whether the receiving end has reported it too, or need not. */
  seen: boolean
}

interface NoteEntry {
  readonly note: string
}

/**
 * Draws what goes between SIP endpoints as a sequence diagram: as text while it happens or afterwards, and as SVG.
 *
 * ```ts
 * const ladder = new Ladder({ print: console.log }).watch('Alice', alice).watch('Bob', bob)
 * ```
 * ```text
 *   seconds   Alice                                     Bob
 *        192.0.2.1:5060                           192.0.2.2:5060
 *     0.000     ├───────────── INVITE  SDP ─────────────▶│
 *     0.002     │◀───────────── 180 Ringing ─────────────┤
 * ```
 *
 * Three ways to feed it: endpoints (`watch`), a loop network, which alone knows what gets lost (`watchNetwork`), or
 * single traces (`row`). A message that several endpoints report is drawn once. Watch endpoints or their network, not
 * both. Nothing that a peer sends makes a ladder throw. It keeps every message that it drew.
 */
export class Ladder {
  readonly #style: TextStyle
  readonly #print: ((line: string) => void) | undefined
  /** Address keys and the names that the caller gave to them. */
  readonly #names = new Map<string, string>()
  readonly #parties = new Set<string>()
  /** Everything that a message came from or went to, in the order of their first. */
  readonly #addresses = new Set<string>()
  /** What reported traces of its own: its messages are drawn when it sends them. */
  readonly #watched = new Set<string>()
  readonly #entries: (Entry | NoteEntry)[] = []
  /** The messages drawn, by their bytes. */
  readonly #sent = new Map<string, Entry[]>()
  /** When the first message went. */
  #start = 0
  #shownHeader = ''

  constructor(options: LadderOptions = {}) {
    this.#style = {
      width: options.width ?? 100,
      ascii: options.ascii ?? false,
      color: options.color ?? false,
    }
    this.#print = options.print
  }

  /**
   * Gives a column its name and place: columns stand in the order in which they are named. An address that nobody
   * named gets a column of its own when it first occurs.
   */
  party(name: string, ...addresses: readonly Address[]): this {
    this.#parties.add(name)
    for (const address of addresses) this.#names.set(formatAddress(address), name)
    return this
  }

  /** Draws what this endpoint sends, and what it receives from those that are not watched. */
  watch(name: string, endpoint: Endpoint): this {
    this.party(name, ...endpoint.transports.transports.map((transport) => transport.local))
    endpoint.diagnostics.on('message', (trace) => {
      // An address that the transport did not tell of: one of several interfaces, the port of a connection.
      const local = formatAddress(trace.local)
      if (!this.#names.has(local)) this.#names.set(local, name)
      this.row(trace)
    })
    return this
  }

  /** Draws every packet that is handed to the network, and what becomes of it. */
  watchNetwork(network: LoopNetwork): this {
    network.on('packet', (packet, fate) => this.packet(packet, fate))
    return this
  }

  /**
   * Draws a message.
   *
   * @returns its line, with the header above it when that is new or has changed; `undefined` when the message is
   *   drawn already, having been reported by its sender
   */
  row(trace: MessageTrace): string | undefined {
    const { bytes, at, direction } = trace
    const local = formatAddress(trace.local)
    const remote = formatAddress(trace.remote)
    this.#watched.add(local)
    if (direction === 'out') return this.#add(local, remote, { bytes, at, passage: 'arrives', seen: false })
    const sent = this.#sent.get(bytesToWire(bytes))?.find((entry) => !entry.seen)
    if (sent !== undefined) {
      sent.seen = true
      this.#learn(sent.to, local)
      this.#learn(remote, sent.from)
      return undefined
    }
    if (this.#watched.has(remote)) return undefined
    return this.#add(remote, local, { bytes, at, passage: 'arrives', seen: true })
  }

  /** Draws a packet of a loop network. @returns its line, as `row` does */
  packet(packet: Packet, fate: Fate): string {
    const passage = fate.type === 'delay' ? { heldBack: fate.by } : PASSAGES[fate.type]
    const { from, to, bytes, at } = packet
    return this.#add(formatAddress(from), formatAddress(to), { bytes, at, passage, seen: true })
  }

  /** Writes words between the messages. @returns their line, as `row` does */
  note(text: string): string {
    this.#entries.push({ note: printable(text) })
    return this.#grown()
  }

  /** The names above the columns, as they are now: for those who print row by row and want it first. */
  header(): string {
    this.#shownHeader = drawHeader(this.#columns(), this.#style)
    return this.#shownHeader
  }

  /** The whole ladder as text. */
  toString(): string {
    const columns = this.#columns()
    const rows = this.#entries.map((entry) => drawRow(columns, this.#rowOf(entry, columns), this.#style))
    return [drawHeader(columns, this.#style), ...rows].join('\n')
  }

  /**
   * The whole ladder as a picture: one self-contained SVG element that follows the reader's light or dark scheme.
   * The messages show in full when the pointer rests on them.
   */
  toSvg(options: SvgOptions = {}): string {
    const columns = this.#columns()
    const rows = this.#entries.map((entry) => ({
      row: this.#rowOf(entry, columns),
      hover: 'note' in entry ? '' : formatBytes(entry.bytes),
    }))
    return drawSvg({ columns, rows, title: printable(options.title ?? '') })
  }

  #add(from: string, to: string, message: Pick<Entry, 'bytes' | 'at' | 'passage' | 'seen'>): string {
    if (this.#addresses.size === 0) this.#start = message.at
    const wire = bytesToWire(message.bytes)
    const same = this.#sent.get(wire) ?? []
    const resent = same.filter((entry) => entry.from === from && entry.to === to).length
    const entry: Entry = { ...message, from, to, summary: summarize(message.bytes), resent }
    this.#addresses.add(from).add(to)
    this.#sent.set(wire, [...same, entry])
    this.#entries.push(entry)
    return this.#grown()
  }

  // The last row, with the header above it if that is not the one shown last.
  #grown(): string {
    const columns = this.#columns()
    const header = drawHeader(columns, this.#style)
    const line = drawRow(columns, this.#rowOf(this.#entries.at(-1) as Entry, columns), this.#style)
    const text = header === this.#shownHeader ? line : `${header}\n${line}`
    this.#shownHeader = header
    this.#print?.(text)
    return text
  }

  // Two addresses turned out to be the same end, since a message sent to the one came to the other (a wildcard
  // address, a mapped port): what nobody named takes the other's name.
  #learn(address: string, other: string): void {
    const name = this.#names.get(other)
    if (address !== other && name !== undefined && !this.#names.has(address)) this.#names.set(address, name)
  }

  #nameOf(address: string): string {
    return this.#names.get(address) ?? address
  }

  #columns(): readonly LadderColumn[] {
    const names = new Set(this.#parties)
    for (const address of this.#addresses) names.add(this.#nameOf(address))
    const addresses = new Map<string, string>()
    for (const [address, name] of this.#names) if (!addresses.has(name)) addresses.set(name, address)
    return [...names].map((name) => {
      const address = addresses.get(name)
      return { name: printable(name), ...(address === undefined ? {} : { address: printable(address) }) }
    })
  }

  #rowOf(entry: Entry | NoteEntry, columns: readonly LadderColumn[]): LadderRow {
    if ('note' in entry) return { type: 'note', text: entry.note }
    const column = (address: string) => {
      const name = printable(this.#nameOf(address))
      return columns.findIndex((candidate) => candidate.name === name)
    }
    const { from, to, summary, resent, passage } = entry
    const seconds = (entry.at - this.#start) / 1000
    return { type: 'message', from: column(from), to: column(to), seconds, summary, resent, passage }
  }
}

const PASSAGES = { deliver: 'arrives', drop: 'lost', duplicate: 'twice' } as const satisfies Record<
  string,
  Passage
>
