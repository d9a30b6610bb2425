import { describe, expect, it, vi } from 'vitest'
import { VirtualClock } from '../testing/index.ts'
import { QuietTimer } from './quiet-timer.ts'

function setUp(after: number) {
  const clock = new VirtualClock()
  const quiet = vi.fn(() => clock.now())
  const timer = new QuietTimer(clock, after, quiet)
  return { clock, quiet, timer }
}

describe('QuietTimer', () => {
  it('fires once after the time without a touch', () => {
    const { clock, quiet } = setUp(100)
    clock.advance(99)
    expect(quiet).not.toHaveBeenCalled()
    clock.advance(1)
    expect(quiet).toHaveReturnedWith(100)
    clock.advance(1000)
    expect(quiet).toHaveBeenCalledTimes(1)
    expect(clock.pending).toBe(0)
  })

  it('counts from the last touch', () => {
    const { clock, quiet, timer } = setUp(100)
    for (const at of [30, 99, 150, 249]) {
      clock.advanceTo(at)
      timer.touch()
    }
    clock.advance(1000)
    expect(quiet).toHaveBeenCalledTimes(1)
    expect(quiet).toHaveReturnedWith(349)
  })

  it('has one timer set, however often it is touched', () => {
    const { clock, timer } = setUp(100)
    for (let i = 0; i < 1000; i++) {
      clock.advance(1)
      timer.touch()
      expect(clock.pending).toBe(1)
    }
  })

  it('waits again after a restart, before and after it fired', () => {
    const { clock, quiet, timer } = setUp(100)
    clock.advance(60)
    timer.restart()
    expect(clock.pending).toBe(1)
    clock.advance(99)
    expect(quiet).not.toHaveBeenCalled()
    clock.advance(1)
    clock.advance(500)
    timer.restart()
    clock.advance(100)
    expect(quiet.mock.results.map(({ value }) => value)).toEqual([160, 760])
  })

  it('fires no more once cancelled', () => {
    const { clock, quiet, timer } = setUp(100)
    timer.cancel()
    timer.touch()
    clock.advance(1000)
    expect(quiet).not.toHaveBeenCalled()
    expect(clock.pending).toBe(0)
  })

  it('never fires with a time of 0', () => {
    const { clock, quiet, timer } = setUp(0)
    timer.restart()
    expect(clock.pending).toBe(0)
    clock.advance(1_000_000)
    expect(quiet).not.toHaveBeenCalled()
  })
})
