import type { Clock, Timer } from '../base/clock.ts'

/** The machine's clock: monotonic for timers, the wall's for dates. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  setTimer(delay: number, task: () => void): Timer {
    const handle = setTimeout(task, delay)
    return { cancel: () => clearTimeout(handle) }
  },
}
