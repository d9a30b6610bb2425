import type { Random } from '../base/random.ts'

/**
 * Randomness that is the same in every run: equal seeds give equal numbers. For tests and simulations only, as
 * a peer that sees some of the numbers can work out the rest.
 *
 * The generator is Chris Doty-Humphrey's sfc32 ("small fast counting"): 128 bits of state with a counter among
 * them, so that no seed leads into a short cycle.
 */
export class SeededRandom implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** @param seed any integer; its lower 53 bits count */
  constructor(seed = 0) {
    this.#a = 0
    this.#b = seed >>> 0
    this.#c = Math.floor(seed / 0x1_0000_0000) >>> 0
    // Neighbouring seeds differ in one bit; a dozen rounds spread it over the whole state.
    for (let round = 0; round < 12; round++) this.uint32()
  }

  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) >>> 0
    this.#counter = (this.#counter + 1) >>> 0
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) >>> 0
    return result
  }
}
