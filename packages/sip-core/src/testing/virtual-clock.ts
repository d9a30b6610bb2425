import type { Clock, Timer } from '../base/clock.ts'
import { ArgumentError, StateError } from '../base/errors.ts'

/** What `date()` answers at virtual time 0: 2026-01-01T00:00:00Z, so that tests print the same dates for ever. */
const DATE_BASE = 1_767_225_600_000

interface Entry {
  readonly due: number
  /** Breaks ties: timers due at the same time fire in the order in which they were set. */
  readonly order: number
  readonly task: () => void
  /** Place in the heap; -1 once fired or cancelled. */
  place: number
}

/**
 * A clock that stands still until a test moves it, so that a call flow with its 32-second timers runs in a
 * millisecond and always the same way.
 *
 * Timers fire in the order of their times, then in the order in which they were set. What a task sets while the
 * clock advances fires in the same advance when it falls due. When tasks throw, the remaining ones run all the
 * same and the advance throws at its end: the error itself if there was one, an `AggregateError` of several.
 *
 * Setting and cancelling cost the logarithm of the number of live timers.
 */
export class VirtualClock implements Clock {
  /** A binary heap, earliest first. */
  readonly #heap: Entry[] = []
  #now = 0
  #order = 0
  #advancing = false

  /** Virtual milliseconds since the clock was made. */
  now(): number {
    return this.#now
  }

  /** Virtual milliseconds since 1970, counted from 2026-01-01T00:00:00Z at `now() === 0`. */
  date(): number {
    return DATE_BASE + this.#now
  }

  /** How many timers are set and neither fired nor cancelled. */
  get pending(): number {
    return this.#heap.length
  }

  /** @throws ArgumentError when `delay` is no finite number; a negative one counts as 0 */
  setTimer(delay: number, task: () => void): Timer {
    if (!Number.isFinite(delay)) throw new ArgumentError(`timer delay: expected milliseconds, got ${delay}`)
    const entry: Entry = {
      due: this.#now + Math.max(0, delay),
      order: this.#order++,
      task,
      place: this.#heap.length,
    }
    this.#heap.push(entry)
    this.#rise(entry)
    return { cancel: () => this.#remove(entry) }
  }

  /**
   * Moves the clock on by `ms` milliseconds and fires what falls due on the way.
   *
   * @throws StateError when called from a task, ArgumentError when `ms` is negative, or what the tasks threw
   */
  advance(ms: number): void {
    this.advanceTo(this.#now + ms)
  }

  /** Moves the clock on to `now() === time`; as `advance` otherwise. */
  advanceTo(time: number): void {
    if (!(Number.isFinite(time) && time >= this.#now)) {
      throw new ArgumentError(`virtual clock: cannot go from ${this.#now} ms to ${time} ms`)
    }
    this.#run(time)
    this.#now = time
  }

  /**
   * Fires timers, jumping from one to the next, until none is left; the clock then stands at the last one.
   *
   * @param limitMs virtual milliseconds to go at most, 24 hours by default
   * @throws StateError when timers are still set at the limit (where the clock then stands), or what the tasks threw
   */
  runUntilIdle(limitMs = 86_400_000): void {
    const limit = this.#now + limitMs
    this.#run(limit)
    if (this.#heap.length === 0) return
    this.#now = limit
    throw new StateError(`virtual clock: ${this.#heap.length} timers still set after ${limitMs} ms`)
  }

  /**
   * As `advance`, but what applications wait for with `await` goes on between one timer and the next, as it does
   * in real time. For flows in which promises take part.
   */
  async play(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let next = this.#heap[0]; next !== undefined && next.due <= end; next = this.#heap[0]) {
      this.advanceTo(next.due)
      await settle()
    }
    this.advanceTo(end)
  }

  #run(until: number): void {
    if (this.#advancing) throw new StateError('virtual clock: a task of the clock cannot advance it')
    const errors: unknown[] = []
    this.#advancing = true
    for (let next = this.#heap[0]; next !== undefined && next.due <= until; next = this.#heap[0]) {
      this.#remove(next)
      this.#now = next.due
      try {
        next.task()
      } catch (error) {
        errors.push(error)
      }
    }
    this.#advancing = false
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1)
      throw new AggregateError(errors, `${errors.length} tasks of the virtual clock threw`)
  }

  #remove(entry: Entry): void {
    const { place } = entry
    if (place < 0) return
    entry.place = -1
    const last = this.#heap.pop()
    if (last === undefined || last === entry) return
    this.#put(last, place)
    this.#rise(last)
    this.#sink(last)
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1]
      if (parent === undefined || isBefore(parent, entry)) return
      this.#swap(entry, parent)
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1]
      const right = this.#heap[2 * entry.place + 2]
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left
      if (child === undefined || isBefore(entry, child)) return
      this.#swap(entry, child)
    }
  }

  #swap(a: Entry, b: Entry): void {
    const { place } = a
    this.#put(a, b.place)
    this.#put(b, place)
  }

  #put(entry: Entry, place: number): void {
    entry.place = place
    this.#heap[place] = entry
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}

// Long enough for any chain of promises that code between two timers makes.
async function settle(): Promise<void> {
  for (let turn = 0; turn < 64; turn++) await null
}
