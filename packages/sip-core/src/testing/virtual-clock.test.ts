import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Timer } from '../base/clock.ts'
import { ArgumentError, StateError } from '../base/errors.ts'
import { VirtualClock } from './virtual-clock.ts'

describe('VirtualClock', () => {
  it('starts at 0, at a fixed date, and moves only when told', () => {
    const clock = new VirtualClock()
    expect(clock.now()).toBe(0)
    expect(new Date(clock.date()).toISOString()).toBe('2026-01-01T00:00:00.000Z')
    clock.advance(1500)
    clock.advanceTo(2500)
    expect(clock.now()).toBe(2500)
    expect(new Date(clock.date()).toISOString()).toBe('2026-01-01T00:00:02.500Z')
  })

  it('fires in the order of times, then in the order of setting, each at its own time', () => {
    const clock = new VirtualClock()
    const fired: [string, number][] = []
    const set = (name: string, delay: number) => clock.setTimer(delay, () => fired.push([name, clock.now()]))
    set('c', 20)
    set('a', 10)
    set('b', 10)
    set('late', 21)
    clock.advance(20)
    expect(fired).toEqual([
      ['a', 10],
      ['b', 10],
      ['c', 20],
    ])
    expect(clock.pending).toBe(1)
  })

  it('fires a task with delay 0 at the next advance, never within setTimer', () => {
    const clock = new VirtualClock()
    let fired = 0
    clock.setTimer(0, () => fired++)
    clock.setTimer(-5, () => fired++)
    expect(fired).toBe(0)
    clock.advance(0)
    expect(fired).toBe(2)
  })

  it('fires what tasks set meanwhile, if it falls due', () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    const again = () => {
      fired.push(clock.now())
      clock.setTimer(10, again)
    }
    clock.setTimer(10, again)
    clock.advance(35)
    expect(fired).toEqual([10, 20, 30])
    expect(clock.now()).toBe(35)
    expect(clock.pending).toBe(1)
  })

  it('fires nothing that was cancelled, even by a task due at the same time', () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    const first = clock.setTimer(5, () => {
      fired.push('first')
      second.cancel()
      first.cancel()
    })
    const second = clock.setTimer(5, () => fired.push('second'))
    clock.setTimer(6, () => fired.push('third')).cancel()
    expect(clock.pending).toBe(2)
    clock.runUntilIdle()
    expect(fired).toEqual(['first'])
    expect(clock.pending).toBe(0)
  })

  it('runs every task although one throws, and throws at the end of the advance', () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    const boom = new Error('boom')
    clock.setTimer(1, () => {
      throw boom
    })
    clock.setTimer(2, () => fired.push('after'))
    expect(() => clock.advance(3)).toThrow(boom)
    expect(fired).toEqual(['after'])
    for (const name of ['x', 'y']) {
      clock.setTimer(1, () => {
        throw new Error(name)
      })
    }
    expect(() => clock.advance(1)).toThrow(AggregateError)
    expect(() => clock.advance(1)).not.toThrow()
  })

  it('runs until idle and stands at the last timer, or stops at its limit', () => {
    const clock = new VirtualClock()
    clock.setTimer(32_000, () => {})
    clock.runUntilIdle()
    expect(clock.now()).toBe(32_000)
    clock.setTimer(1000, () => {})
    expect(() => clock.runUntilIdle(999)).toThrow(StateError)
    expect(clock.now()).toBe(32_999)
    clock.runUntilIdle(1)
    expect(clock.pending).toBe(0)
  })

  it('refuses to go back, to be advanced by a task, and delays that are no time', () => {
    const clock = new VirtualClock()
    clock.advance(10)
    expect(() => clock.advance(-1)).toThrow(ArgumentError)
    expect(() => clock.advanceTo(9)).toThrow(ArgumentError)
    expect(() => clock.setTimer(Number.NaN, () => {})).toThrow(ArgumentError)
    expect(() => clock.setTimer(Number.POSITIVE_INFINITY, () => {})).toThrow(ArgumentError)
    clock.setTimer(1, () => clock.advance(1))
    expect(() => clock.advance(1)).toThrow(StateError)
  })

  it('orders any mix of set and cancelled timers as a sorted list does', () => {
    const step = fc.record({ delay: fc.nat(20), cancel: fc.option(fc.nat(40)) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = new VirtualClock()
        const fired: number[] = []
        const timers: Timer[] = []
        const expected = new Map<number, number>()
        for (const [index, { delay, cancel }] of steps.entries()) {
          timers.push(clock.setTimer(delay, () => fired.push(index)))
          expected.set(index, delay)
          if (cancel === null) continue
          timers[cancel]?.cancel()
          expected.delete(cancel)
        }
        expect(clock.pending).toBe(expected.size)
        clock.runUntilIdle()
        expect(fired).toEqual(
          [...expected].sort((a, b) => a[1] - b[1] || a[0] - b[0]).map(([index]) => index),
        )
      }),
    )
  })

  it('carries 100,000 timers, half of them cancelled', () => {
    const clock = new VirtualClock()
    let fired = 0
    const timers = Array.from({ length: 100_000 }, (_, i) =>
      clock.setTimer((i * 7919) % 32_000, () => fired++),
    )
    for (let i = 0; i < timers.length; i += 2) timers[i]?.cancel()
    expect(clock.pending).toBe(50_000)
    clock.runUntilIdle()
    expect(fired).toBe(50_000)
  })
})
