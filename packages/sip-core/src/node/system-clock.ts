import type { Clock, Timer } from '../base/clock.ts'
import { longTimer } from '../base/long-timer.ts'

/** The machine's clock: monotonic for timers, the wall's for dates. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  setTimer(delay: number, task: () => void): Timer {
    const set = (ms: number, run: () => void) => {
      const handle = setTimeout(run, ms)
      return () => clearTimeout(handle)
    }
    return longTimer(set, delay, task)
  },
}
