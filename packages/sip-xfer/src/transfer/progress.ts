/**
 * A sequence that grows until it is closed and can be read by `for await`, any number of times, always from its
 * beginning.
 */
export class Progress<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #closed = false
  #more = newSignal()

  push(item: T): void {
    this.#items.push(item)
    this.#wake()
  }

  close(): void {
    this.#closed = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (let next = 0; ; ) {
      while (next < this.#items.length) yield this.#items[next++] as T
      if (this.#closed) return
      await this.#more.promise
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
