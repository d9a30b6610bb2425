import type { Platform } from '../endpoint/index.ts'
import { nodeDns } from './dns.ts'
import { systemClock } from './system-clock.ts'
import { systemRandom } from './system-random.ts'

/**
 * Node as the stack sees it: its clock, its randomness, its resolver (hosts file included).
 *
 * @param overrides takes the place of single parts, a `Dns` of one's own for example
 */
export function nodePlatform(overrides: Partial<Platform> = {}): Platform {
  return {
    clock: systemClock,
    random: systemRandom,
    dns: nodeDns(),
    ...overrides,
  }
}
