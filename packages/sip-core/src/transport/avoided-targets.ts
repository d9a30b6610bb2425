import type { Clock } from '../base/clock.ts'
import type { Target } from './target.ts'
import { formatAddress } from './transport.ts'

// A peer may ask for centuries.
const LONGEST = 3_600_000
const MOST = 10_000

/**
 * Remembers which targets should be left alone for a while. They are put last, not left out: the only server of a
 * domain is still better than none, and a forged "not now" does no harm.
 */
export class AvoidedTargets {
  readonly #clock: Clock
  /** Until when; in the order in which they were added. */
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Avoids `target` for that many milliseconds from now, an hour at most. */
  add(target: Target, duration: number): void {
    const key = keyOf(target)
    const until = this.#clock.now() + Math.min(duration, LONGEST)
    const known = this.#until.get(key) ?? 0
    this.#until.delete(key)
    this.#until.set(key, Math.max(until, known))
    for (const oldest of this.#until.keys()) {
      if (this.#until.size <= MOST) break
      this.#until.delete(oldest)
    }
  }

  /** The same targets, those to be avoided last, each part in the order it had. */
  last(targets: readonly Target[]): readonly Target[] {
    if (this.#until.size === 0 || targets.length < 2) return targets
    const avoided = targets.filter((target) => this.has(target))
    if (avoided.length === 0) return targets
    return [...targets.filter((target) => !avoided.includes(target)), ...avoided]
  }

  /** Whether `target` should be left alone now. */
  has(target: Target): boolean {
    const key = keyOf(target)
    const until = this.#until.get(key)
    if (until === undefined) return false
    if (this.#clock.now() < until) return true
    this.#until.delete(key)
    return false
  }
}

function keyOf({ protocol, address }: Target): string {
  return `${protocol} ${formatAddress(address)}`
}
