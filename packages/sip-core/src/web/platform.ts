import type { Clock, Timer } from '../base/clock.ts'
import { longTimer } from '../base/long-timer.ts'
import type { Random } from '../base/random.ts'
import type { Platform } from '../endpoint/index.ts'

/** The browser's clock. */
export const browserClock: Clock = {
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

/** The browser's cryptographic randomness. */
export const browserRandom: Random = {
  uint32: () => crypto.getRandomValues(new Uint32Array(1))[0] as number,
}

/**
 * The browser as the stack sees it. Pages cannot ask the name service; the WebSocket looks its server up itself,
 * so a name stands for itself.
 */
export function webPlatform(overrides: Partial<Platform> = {}): Platform {
  return {
    clock: browserClock,
    random: browserRandom,
    dns: {
      lookup: async (host) => ({ records: [host] }),
      srv: async () => ({ records: [] }),
      naptr: async () => ({ records: [] }),
    },
    ...overrides,
  }
}
