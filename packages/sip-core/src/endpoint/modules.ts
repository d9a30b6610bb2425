import { surface } from '../base/emitter.ts'
import type { Received } from '../transport/index.ts'
import type { EndpointModule } from './module.ts'

/** The modules of an endpoint, in the order in which they see a message. */
export class Modules {
  readonly #modules: EndpointModule[] = []

  get all(): readonly EndpointModule[] {
    return this.#modules
  }

  use(module: EndpointModule): void {
    this.#modules.push(module)
    this.#modules.sort((a, b) => a.priority - b.priority)
  }

  /** Offers a message to one after the other; true if one of them took it. */
  offer(received: Received): boolean {
    return this.#modules.some((module) => module.receive(received))
  }

  /** Resolves when none of them has anything under way. */
  async drain(): Promise<void> {
    await Promise.all(this.#modules.map((module) => module.drain?.()))
  }

  /** Closes them, the last one first; resolves when all of them have ended what was under way. Never rejects. */
  async close(graceful: boolean): Promise<void> {
    await Promise.all([...this.#modules].reverse().map((module) => close(module, graceful)))
  }
}

// What it throws disturbs nobody, and surfaces.
async function close(module: EndpointModule, graceful: boolean): Promise<void> {
  try {
    await module.close?.({ graceful })
  } catch (error) {
    surface(() => {
      throw error
    })
  }
}
