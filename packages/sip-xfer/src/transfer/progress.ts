/**
 * A sequence that grows until it is closed and can be read by `for await`, any number of times, always from its
 * beginning. It keeps the newest items only, as many as it is told: a reader that comes late to a long one, or falls
 * behind, misses the oldest.
 */
export class Progress<T> implements AsyncIterable<T> {
  readonly #limit: number
  readonly #items: T[] = []
  #forgotten = 0
  #closed = false
  #more = newSignal()

  constructor(limit = 100) {
    this.#limit = limit
  }

  get closed(): boolean {
    return this.#closed
  }

  push(item: T): void {
    if (this.#items.push(item) > this.#limit) {
      this.#items.shift()
      this.#forgotten++
    }
    this.#wake()
  }

  close(): void {
    this.#closed = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (let next = 0; ; ) {
      next = Math.max(next, this.#forgotten)
      if (next - this.#forgotten < this.#items.length) yield this.#items[next++ - this.#forgotten] as T
      else if (this.#closed) return
      else await this.#more.promise
    }
  }

  #wake(): void {
    const { raise } = this.#more
    this.#more = newSignal()
    raise()
  }
}

interface Signal {
  readonly promise: Promise<void>
  readonly raise: () => void
}

function newSignal(): Signal {
  let raise = () => {}
  const promise = new Promise<void>((resolve) => {
    raise = resolve
  })
  return { promise, raise }
}
