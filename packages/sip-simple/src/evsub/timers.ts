import type { Clock, Timer } from 'sip-core'

/** Timers by name: each runs at most once at a time, and all of them can be called off together. */
export class NamedTimers<Name extends string> {
  readonly #clock: Clock
  readonly #running = new Map<Name, Timer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Sets a timer, in place of the one of that name if it runs. `delay` is in milliseconds. */
  start(name: Name, delay: number, task: () => void): void {
    this.stop(name)
    const timer = this.#clock.setTimer(delay, () => {
      this.#running.delete(name)
      task()
    })
    this.#running.set(name, timer)
  }

  isRunning(name: Name): boolean {
    return this.#running.has(name)
  }

  stop(name: Name): void {
    this.#running.get(name)?.cancel()
    this.#running.delete(name)
  }

  stopAll(): void {
    for (const timer of this.#running.values()) timer.cancel()
    this.#running.clear()
  }
}
