import type { Clock, Timer } from './clock.ts'

/**
 * Fires once nothing has happened for a while. Saying that something has happened costs a reading of the clock: the
 * timer stays as it is set, and sets itself anew when it fires too early.
 */
export class QuietTimer {
  readonly #clock: Clock
  readonly #after: number
  readonly #quiet: () => void
  #last: number
  #timer: Timer | undefined

  /**
   * Starts at once.
   *
   * @param after milliseconds of quiet; with 0 it never fires
   * @param quiet called once, unless `cancel` comes first; `restart` lets it be called again
   */
  constructor(clock: Clock, after: number, quiet: () => void) {
    this.#clock = clock
    this.#after = after
    this.#quiet = quiet
    this.#last = clock.now()
    this.#arm(after)
  }

  /** Something has happened. */
  touch(): void {
    this.#last = this.#clock.now()
  }

  /** Waits for quiet again, counted from now. */
  restart(): void {
    this.cancel()
    this.touch()
    this.#arm(this.#after)
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #arm(delay: number): void {
    if (this.#after <= 0) return
    this.#timer = this.#clock.setTimer(delay, () => {
      this.#timer = undefined
      const left = this.#last + this.#after - this.#clock.now()
      if (left > 0) this.#arm(left)
      else this.#quiet()
    })
  }
}
