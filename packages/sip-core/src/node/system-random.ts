import { randomFillSync } from 'node:crypto'
import type { Random } from '../base/random.ts'

// Filled many numbers at a time, since each call into the system costs far more than a number.
const pool = new Uint32Array(1024)
let used = pool.length

/** The system's cryptographic randomness. */
export const systemRandom: Random = {
  uint32(): number {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    return pool[used++] as number
  },
}
