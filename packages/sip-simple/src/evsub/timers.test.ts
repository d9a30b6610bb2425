import { VirtualClock } from 'sip-core/testing'
import { expect, it } from 'vitest'
import { NamedTimers } from './timers.ts'

it('runs each timer once, in place of the one of that name before', () => {
  const clock = new VirtualClock()
  const timers = new NamedTimers<'a' | 'b'>(clock)
  const fired: string[] = []
  const fire = (what: string) => () => fired.push(`${what} at ${clock.now()}`)
  timers.start('a', 10, fire('first a'))
  timers.start('a', 20, fire('second a'))
  timers.start('b', 30, fire('b'))
  expect([timers.isRunning('a'), timers.isRunning('b')]).toEqual([true, true])
  clock.advance(25)
  expect([timers.isRunning('a'), timers.isRunning('b')]).toEqual([false, true])
  timers.stop('b')
  timers.stop('b')
  expect(timers.isRunning('b')).toBe(false)
  clock.advance(100)
  expect(fired).toEqual(['second a at 20'])
})

it('may be set again by what it runs, and calls all off', () => {
  const clock = new VirtualClock()
  const timers = new NamedTimers<'a' | 'b'>(clock)
  let count = 0
  const again = () => {
    if (++count < 3) timers.start('a', 10, again)
  }
  timers.start('a', 10, again)
  clock.advance(100)
  expect(count).toBe(3)
  timers.start('a', 10, again)
  timers.start('b', 10, again)
  timers.stopAll()
  expect(clock.pending).toBe(0)
  expect([timers.isRunning('a'), timers.isRunning('b')]).toEqual([false, false])
})
