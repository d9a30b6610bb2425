import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Dns } from '../transport/index.ts'

/** What the stack needs of the machine it runs on. `nodePlatform()` and `webPlatform()` make one. */
export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly dns: Dns
}
