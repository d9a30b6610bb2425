import { isOneOf, TOKEN } from './chars.ts'
import { formsOf, type HeaderCodec } from './header-codec.ts'

const STRIDE = 64
const DEAD = 0
const ROOT = 1

// Characters of a token, numbered from 1, both cases of a letter alike; 0 is no character of a name.
const SYMBOLS = new Uint8Array(256)
let symbols = 0
for (let code = 0; code < 256; code++) {
  if (!isOneOf(code, TOKEN)) continue
  const isLower = code >= 97 && code <= 122
  SYMBOLS[code] = isLower ? (SYMBOLS[code - 32] as number) : ++symbols
}

/**
 * Tells which header a line is, by a trie over the names of all headers it was made from: the name's characters
 * are looked at once, to find its end and its header in one go.
 */
export class HeaderTable {
  /** The headers by their number, which begins at 1. */
  readonly headers: readonly (HeaderCodec<unknown> | undefined)[]
  /** Where the name that was last looked at ends. */
  end = 0
  readonly #numbers = new Map<HeaderCodec<unknown>, number>()
  // The successor of `state` by `symbol` stands at [state * STRIDE + symbol].
  readonly #next: Uint16Array
  // The number of the header whose name ends in a state.
  readonly #ends: Uint16Array

  /** Of two headers of one name the later one counts. */
  constructor(headers: Iterable<HeaderCodec<unknown>>) {
    const all: (HeaderCodec<unknown> | undefined)[] = [undefined]
    const states: number[][] = [[], []]
    const ends: number[] = [0, 0]
    for (const header of headers) {
      const number = all.push(header) - 1
      this.#numbers.set(header, number)
      for (const form of formsOf(header.key)) {
        let state = ROOT
        for (let i = 0; i < form.length; i++) {
          const symbol = SYMBOLS[form.charCodeAt(i)] as number
          const row = states[state] as number[]
          row[symbol] ??= states.push([]) - 1
          state = row[symbol]
        }
        ends[state] = number
      }
    }
    this.headers = all
    this.#next = new Uint16Array(states.length * STRIDE)
    this.#ends = new Uint16Array(states.length)
    for (const [state, row] of states.entries()) {
      for (const symbol of row.keys()) this.#next[state * STRIDE + symbol] = row[symbol] ?? DEAD
      this.#ends[state] = ends[state] ?? 0
    }
  }

  /** The number of a header; 0 if it is none of these. */
  numberOf(header: HeaderCodec<unknown>): number {
    return this.#numbers.get(header) ?? 0
  }

  /**
   * The number of the header whose name begins at `start`; 0 if it is none of these. Sets `end`.
   */
  numberAt(text: string, start: number): number {
    const next = this.#next
    let state = ROOT
    let at = start
    for (; at < text.length; at++) {
      const symbol = SYMBOLS[text.charCodeAt(at) & 255] as number
      if (symbol === 0) break
      state = next[state * STRIDE + symbol] as number
    }
    this.end = at
    return this.#ends[state] as number
  }
}
