import type { IpPath } from './ip-address.ts'
import type { TcpPosition } from './ip-packet.ts'

/** Connections whose positions are remembered. */
const REMEMBERED = 10_000
/** How far apart the streams of two connections begin. */
const STRIDE = 64_000

/**
 * Numbers what goes over connections as their TCP would. A connection is known by its two addresses; one that was
 * silent while ten thousand others spoke begins anew.
 */
export class TcpStreams {
  // In the order in which they last spoke. What each end has sent, by the end.
  readonly #connections = new Map<string, Map<string, number>>()
  #first = 1

  /** Where the next `length` bytes from the source of `path` to its destination stand. */
  next(path: IpPath, length: number): TcpPosition {
    const from = `${path.source}:${path.sourcePort}`
    const to = `${path.destination}:${path.destinationPort}`
    const key = from < to ? `${from} ${to}` : `${to} ${from}`
    const sent = this.#connections.get(key) ?? this.#begin(from, to)
    this.#connections.delete(key)
    this.#connections.set(key, sent)
    if (this.#connections.size > REMEMBERED) this.#forgetOldest()
    const sequence = sent.get(from) ?? 0
    const acknowledged = sent.get(to) ?? 0
    sent.set(from, (sequence + length) >>> 0)
    return { sequence, acknowledged }
  }

  #begin(from: string, to: string): Map<string, number> {
    const first = this.#first
    this.#first = (first + STRIDE) >>> 0
    return new Map([
      [from, first],
      [to, first],
    ])
  }

  #forgetOldest(): void {
    for (const key of this.#connections.keys()) {
      this.#connections.delete(key)
      return
    }
  }
}
