import type { Flow } from '../transport/index.ts'

/** Which transactions are on which connection. Flows of transports without connections are not kept. */
export class FlowIndex<T> {
  readonly #on = new Map<Flow, Set<T>>()

  add(flow: Flow, transaction: T): void {
    if (!flow.transport.reliable) return
    const others = this.#on.get(flow)
    if (others === undefined) this.#on.set(flow, new Set([transaction]))
    else others.add(transaction)
  }

  delete(flow: Flow, transaction: T): void {
    const all = this.#on.get(flow)
    if (all?.delete(transaction) && all.size === 0) this.#on.delete(flow)
  }

  has(flow: Flow): boolean {
    return this.#on.has(flow)
  }

  /** Those on `flow` at this moment. */
  on(flow: Flow): readonly T[] {
    return [...(this.#on.get(flow) ?? [])]
  }
}
