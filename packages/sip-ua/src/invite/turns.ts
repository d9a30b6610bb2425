/**
 * Tells one thing after the other: what is added while something is told waits until everybody has heard that, so
 * that listeners hear of things in the order in which they happened, even if one of them makes more happen.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []

  /** @param tell must not throw */
  add(tell: () => void): void {
    this.#waiting.push(tell)
    if (this.#waiting.length > 1) return
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      next()
      this.#waiting.shift()
    }
  }
}
