import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemClock } from '../node/system-clock.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { browserClock } from '../web/platform.ts'
import { longTimer } from './long-timer.ts'

const LONGEST = 2 ** 31 - 1

function virtual() {
  const clock = new VirtualClock()
  const delays: number[] = []
  const set = (delay: number, task: () => void) => {
    delays.push(delay)
    const timer = clock.setTimer(delay, task)
    return () => timer.cancel()
  }
  return { clock, delays, set }
}

it.each([0, 1, 32_000, LONGEST])('sets one timer for %i ms', (delay) => {
  const { clock, delays, set } = virtual()
  const fired: number[] = []
  longTimer(set, delay, () => fired.push(clock.now()))
  clock.runUntilIdle(delay + 1)
  expect(fired).toEqual([delay])
  expect(delays).toEqual([delay])
})

it('puts a long one together', () => {
  const { clock, delays, set } = virtual()
  const fired: number[] = []
  const delay = 2 * LONGEST + 5
  longTimer(set, delay, () => fired.push(clock.now()))
  clock.runUntilIdle(delay + 1)
  expect(fired).toEqual([delay])
  expect(delays).toEqual([LONGEST, LONGEST, 5])
})

it('can be called off at any time', () => {
  const { clock, set } = virtual()
  const timer = longTimer(set, 2 * LONGEST, () => expect.unreachable())
  clock.advance(LONGEST + 1)
  expect(clock.pending).toBe(1)
  timer.cancel()
  timer.cancel()
  expect(clock.pending).toBe(0)
})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it.each([
  ['Node', systemClock],
  ['the browser', browserClock],
])('the clock of %s takes a delay of 136 years', (_, clock) => {
  let fired = 0
  const timer = clock.setTimer(4_294_967_295_000, () => fired++)
  vi.advanceTimersByTime(100_000_000_000)
  expect(fired).toBe(0)
  timer.cancel()
  expect(vi.getTimerCount()).toBe(0)
  clock.setTimer(1000, () => fired++)
  vi.advanceTimersByTime(1000)
  expect(fired).toBe(1)
})
