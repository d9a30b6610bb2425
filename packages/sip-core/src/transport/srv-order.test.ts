import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../testing/index.ts'
import type { SrvRecord } from './dns.ts'
import { orderServers } from './srv-order.ts'

const server = (target: string, priority: number, weight: number): SrvRecord => ({
  target,
  priority,
  weight,
  port: 5060,
})

/** How often each server comes first. */
function firsts(records: readonly SrvRecord[], draws = 20_000): Readonly<Record<string, number>> {
  const random = new SeededRandom(7)
  const counts: Record<string, number> = {}
  for (let i = 0; i < draws; i++) {
    const target = orderServers(records, random)[0]?.target ?? ''
    counts[target] = (counts[target] ?? 0) + 1 / draws
  }
  return counts
}

describe('orderServers', () => {
  it('puts lower priorities first, whatever the weights', () => {
    const records = [server('c', 30, 9), server('a', 10, 0), server('b', 20, 65535)]
    for (let seed = 0; seed < 50; seed++) {
      expect(orderServers(records, new SeededRandom(seed)).map(({ target }) => target)).toEqual([
        'a',
        'b',
        'c',
      ])
    }
  })

  it('draws in proportion to the weights', () => {
    const counts = firsts([server('a', 1, 75), server('b', 1, 20), server('c', 1, 5)])
    expect(counts.a).toBeCloseTo(0.75, 1.5)
    expect(counts.b).toBeCloseTo(0.2, 1.5)
    expect(counts.c).toBeCloseTo(0.05, 1.5)
  })

  it('lets those without weight come first hardly ever, and alone in turn', () => {
    const counts = firsts([server('all', 1, 99), server('none', 1, 0)])
    expect(counts.none).toBeGreaterThan(0)
    expect(counts.none).toBeLessThan(0.02)
    // All without weight: RFC 2782 leaves the order to the client, which keeps the answer's.
    expect(orderServers([server('a', 1, 0), server('b', 1, 0)], new SeededRandom(1))[0]?.target).toBe('a')
  })

  it('keeps every server, once', () => {
    const record = fc.record({
      priority: fc.nat(3),
      weight: fc.nat(65535),
      port: fc.nat(65535),
      target: fc.string(),
    })
    fc.assert(
      fc.property(fc.array(record), fc.nat(), (records, seed) => {
        const ordered = orderServers(records, new SeededRandom(seed))
        expect(new Set(ordered)).toEqual(new Set(records))
        expect(ordered).toHaveLength(records.length)
        expect(ordered.map(({ priority }) => priority)).toEqual(
          records.map(({ priority }) => priority).toSorted((a, b) => a - b),
        )
      }),
    )
  })
})
