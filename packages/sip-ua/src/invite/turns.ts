/**
 * Tells one thing after the other: what is added while something is told waits until everybody has heard that, so
 * that listeners hear of things in the order in which they happened, even if one of them makes more happen.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []

  /** @param tells in their order, with nothing in between; must not throw */
  add(...tells: readonly (() => void)[]): void {
    const idle = this.#waiting.length === 0
    this.#waiting.push(...tells)
    if (!idle) return
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      next()
      this.#waiting.shift()
    }
  }
}
