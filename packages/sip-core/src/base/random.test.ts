import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../testing/seeded-random.ts'
import { type Random, randomBetween, randomToken } from './random.ts'

const always = (value: number): Random => ({ uint32: () => value })

describe('randomToken', () => {
  it('has the length asked for, 16 by default, of characters that survive everything', () => {
    const random = new SeededRandom(1)
    expect(randomToken(random)).toMatch(/^[0-9a-z]{16}$/)
    fc.assert(
      fc.property(fc.nat(64), (length) => {
        expect(randomToken(random, length)).toMatch(new RegExp(`^[0-9a-hj-km-np-tv-z]{${length}}$`))
      }),
    )
  })

  it('uses every character about equally often', () => {
    const counts = new Map<string, number>()
    for (const character of randomToken(new SeededRandom(7), 32_000)) {
      counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    expect(counts.size).toBe(32)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200)
  })

  it('asks for a number every six characters, and leaves no bits out', () => {
    let asked = 0
    const counting: Random = { uint32: () => asked++ }
    randomToken(counting, 13)
    expect(asked).toBe(3)
    expect(randomToken(always(0xffff_ffff), 6)).toBe('zzzzzz')
    expect(randomToken(always(0), 6)).toBe('000000')
  })

  it('does not repeat itself', () => {
    const random = new SeededRandom(3)
    const tokens = Array.from({ length: 10_000 }, () => randomToken(random, 8))
    expect(new Set(tokens).size).toBe(tokens.length)
  })
})

describe('randomBetween', () => {
  it('includes its lower end and excludes its upper', () => {
    expect(randomBetween(always(0), 2, 5)).toBe(2)
    expect(randomBetween(always(0xffff_ffff), 2, 5)).toBeLessThan(5)
    expect(randomBetween(always(0x8000_0000), 2, 5)).toBe(3.5)
    expect(randomBetween(always(123), 4, 4)).toBe(4)
  })
})
