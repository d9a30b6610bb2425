import { describe, expect, it } from 'vitest'
import { randomToken } from '../base/random.ts'
import { SeededRandom } from './seeded-random.ts'

const draw = (seed: number, count: number) => {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, () => random.uint32())
}

describe('SeededRandom', () => {
  it('repeats itself for equal seeds and differs for others', () => {
    expect(draw(42, 100)).toEqual(draw(42, 100))
    const firsts = new Set([0, 1, 2, 3, -1, 2 ** 32, 2 ** 33].map((seed) => draw(seed, 1)[0]))
    expect(firsts.size).toBe(7)
  })

  it('keeps its sequence for ever, as recorded simulations rely on it', () => {
    expect(draw(1, 3)).toMatchInlineSnapshot(`
      [
        2012149540,
        1872316204,
        1707632675,
      ]
    `)
  })

  it('gives unsigned 32-bit integers in which every bit is set about half the time', () => {
    const numbers = draw(7, 20_000)
    expect(numbers.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)).toBe(true)
    for (let bit = 0; bit < 32; bit++) {
      const share = numbers.filter((n) => (n >>> bit) & 1).length / numbers.length
      expect(share).toBeGreaterThan(0.48)
      expect(share).toBeLessThan(0.52)
    }
  })

  it('does not repeat tokens', () => {
    const random = new SeededRandom(3)
    expect(new Set(Array.from({ length: 10_000 }, () => randomToken(random))).size).toBe(10_000)
  })
})
