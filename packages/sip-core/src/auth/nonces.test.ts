import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom, VirtualClock } from '../testing/index.ts'
import { Nonces } from './nonces.ts'

const LIFETIME = 1000

const make = (capacity = 10, secret = 'secret') => {
  const clock = new VirtualClock()
  const nonces = new Nonces({ clock, random: new SeededRandom(1), secret, lifetime: LIFETIME, capacity })
  const use = (nonce: string, count = 1) => {
    const issued = nonces.issued(nonce)
    return issued !== undefined && nonces.use(nonce, issued, count)
  }
  return { clock, nonces, use }
}

describe('a nonce', () => {
  it('is known again, whatever else is not', () => {
    const { nonces, clock } = make()
    const nonce = nonces.issue()
    expect(nonces.issued(nonce)).toBe(clock.date())
    expect(nonce).not.toBe(nonces.issue())
    for (let i = 0; i < nonce.length; i++) {
      const other = nonce[i] === 'a' ? 'b' : 'a'
      expect(nonces.issued(nonce.slice(0, i) + other + nonce.slice(i + 1)), `at ${i}`).toBeUndefined()
    }
    for (const garbage of ['', '.', nonce.slice(1), `${nonce}0`, nonce.slice(0, -1)])
      expect(nonces.issued(garbage), garbage).toBeUndefined()
  })

  it('is signed with the secret', () => {
    const nonce = make(1, 'a').nonces.issue()
    expect(make(1, 'a').nonces.issued(nonce)).toBeDefined()
    expect(make(1, 'b').nonces.issued(nonce)).toBeUndefined()
  })

  it('is good for its lifetime', async () => {
    const { clock, nonces, use } = make()
    const nonce = nonces.issue()
    await clock.play(LIFETIME - 1)
    expect(use(nonce, 1)).toBe(true)
    await clock.play(1)
    expect(use(nonce, 2)).toBe(false)
  })
})

describe('a count', () => {
  it('is good once, in any order within the last 32', () => {
    const { nonces, use } = make()
    const nonce = nonces.issue()
    expect([3, 1, 3, 2, 1, 35, 3, 4, 36, 4, 5, 36].map((count) => use(nonce, count))).toEqual([
      true, // 3
      true, // 1
      false,
      true, // 2
      false,
      true, // 35
      false,
      true, // 4: 31 behind
      true, // 36
      false, // 4: 32 behind
      true, // 5
      false,
    ])
    expect(use(nonce, 0xffffffff)).toBe(true)
    expect(use(nonce, 0xffffffff)).toBe(false)
    expect(use(nonce, 0xffffffff - 31)).toBe(true)
  })

  it('is never good twice, and always where it is within the window', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 80 }), (counts) => {
        const { nonces, use } = make()
        const nonce = nonces.issue()
        const seen = new Set<number>()
        let highest = 0
        for (const count of counts) {
          expect(use(nonce, count)).toBe(!seen.has(count) && count > highest - 32)
          seen.add(count)
          highest = Math.max(highest, count)
        }
      }),
    )
  })
})

describe('what is kept', () => {
  it('is bounded, and what was forgotten is good no more', async () => {
    const { clock, nonces, use } = make(2)
    const unused = nonces.issue()
    await clock.play(1)
    const first = nonces.issue()
    expect(use(first)).toBe(true)
    await clock.play(1)
    const [second, third] = [nonces.issue(), nonces.issue()]
    expect(use(second)).toBe(true)
    expect(use(third)).toBe(true)
    // The first one had to go, with its count.
    expect(use(first, 1)).toBe(false)
    expect(use(first, 2)).toBe(false)
    expect(use(unused)).toBe(false)
    expect(use(second, 2)).toBe(true)
    expect(use(third, 2)).toBe(true)
  })

  it('goes when it is too old, which costs no other its life', async () => {
    const { clock, nonces, use } = make(2)
    expect(use(nonces.issue())).toBe(true)
    await clock.play(LIFETIME / 2)
    const waiting = nonces.issue()
    expect(use(nonces.issue())).toBe(true)
    await clock.play(LIFETIME / 2)
    expect(use(nonces.issue())).toBe(true)
    expect(use(waiting)).toBe(true)
  })
})
