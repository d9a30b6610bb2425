import { expect, it } from 'vitest'
import { TraceStage } from './trace.fixture.ts'
import { watchMessages } from './wall-clock.ts'

function setUp() {
  const stage = new TraceStage()
  const dates: number[] = []
  const watching = new AbortController()
  watchMessages(stage, (_trace, date) => dates.push(date), watching)
  const began = stage.clock.date() - stage.clock.now()
  const after = (ms: number) => {
    stage.time.advance(ms)
    stage.show()
    return (dates.at(-1) ?? Number.NaN) - began
  }
  return { stage, after, dates, watching }
}

it('tells moments as fine as the endpoint measures them', () => {
  const { after } = setUp()
  expect(after(0.25)).toBeCloseTo(0.25, 6)
  expect(after(0.5)).toBeCloseTo(0.75, 6)
  expect(after(10_000)).toBeCloseTo(10_000.75, 6)
})

it('follows a wall clock that was set', () => {
  const { stage, after } = setUp()
  expect(after(10)).toBe(10)
  stage.set = 3_600_000
  expect(after(10)).toBe(3_600_020)
})

it('tells nothing more once its signal aborts', () => {
  const { stage, dates, watching } = setUp()
  watching.abort()
  stage.show()
  expect(dates).toEqual([])
  expect(stage.diagnostics.listenerCount('message')).toBe(0)
})
