import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Emitter, surface } from './emitter.ts'

class Phone extends Emitter<{ ring: [from: string, times: number]; error: [error: Error]; hangup: [] }> {
  ring(from: string, times: number): boolean {
    return this.emit('ring', from, times)
  }
  hangUp(): boolean {
    return this.emit('hangup')
  }
  fail(error: Error): boolean {
    return this.emit('error', error)
  }
}

/** What became uncaught exceptions. */
const uncaught: unknown[] = []

beforeEach(() => {
  uncaught.length = 0
  vi.stubGlobal('queueMicrotask', (task: () => void) => {
    try {
      task()
    } catch (error) {
      uncaught.push(error)
    }
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('Emitter', () => {
  it('calls listeners in their order, with the arguments, and tells whether there were any', () => {
    const phone = new Phone()
    const heard: string[] = []
    expect(phone.ring('alice', 1)).toBe(false)
    phone.on('ring', (from, times) => heard.push(`a ${from} ${times}`))
    phone.on('ring', (from) => heard.push(`b ${from}`))
    phone.on('hangup', () => heard.push('c'))
    expect(phone.ring('alice', 2)).toBe(true)
    expect(phone.hangUp()).toBe(true)
    expect(heard).toEqual(['a alice 2', 'b alice', 'c'])
  })

  it('calls once only once, even when the listener causes the event again', () => {
    const phone = new Phone()
    let heard = 0
    phone.once('hangup', () => {
      heard++
      phone.hangUp()
    })
    phone.hangUp()
    phone.hangUp()
    expect(heard).toBe(1)
    expect(phone.listenerCount('hangup')).toBe(0)
  })

  it('calls a listener as often as it was added, and takes all of them back', () => {
    const phone = new Phone()
    const listener = vi.fn()
    phone.on('hangup', listener).on('hangup', listener).once('hangup', listener)
    phone.hangUp()
    expect(listener).toHaveBeenCalledTimes(3)
    phone.on('ring', listener).off('hangup', listener)
    phone.hangUp()
    expect(listener).toHaveBeenCalledTimes(3)
    expect(phone.listenerCount('hangup')).toBe(0)
    expect(phone.listenerCount('ring')).toBe(1)
  })

  it('lets who is added meanwhile hear the next event, and who is removed meanwhile nothing', () => {
    const phone = new Phone()
    const heard: string[] = []
    const removed = () => heard.push('removed')
    const added = () => heard.push('added')
    phone.on('hangup', () => {
      heard.push('first')
      phone.off('hangup', removed)
      phone.off('hangup', added).on('hangup', added)
    })
    phone.on('hangup', removed)
    phone.hangUp()
    expect(heard).toEqual(['first'])
    // added once more while it runs: the registration that the emit began with is gone
    phone.hangUp()
    expect(heard).toEqual(['first', 'first'])
    phone.on('hangup', () => heard.push('last'))
    phone.hangUp()
    expect(heard.slice(2)).toEqual(['first', 'last'])
  })

  it('ends with a signal, but only what was added with it', () => {
    const phone = new Phone()
    const listener = vi.fn()
    const controller = new AbortController()
    phone.on('hangup', listener)
    phone.on('hangup', listener, { signal: controller.signal })
    phone.hangUp()
    expect(listener).toHaveBeenCalledTimes(2)
    controller.abort()
    phone.hangUp()
    expect(listener).toHaveBeenCalledTimes(3)
    phone.on('hangup', listener, { signal: controller.signal })
    expect(phone.listenerCount('hangup')).toBe(1)
  })

  it('lets what a listener throws surface without disturbing anybody', () => {
    const phone = new Phone()
    const boom = new Error('boom')
    const after = vi.fn()
    phone.on('hangup', () => {
      throw boom
    })
    phone.on('hangup', after)
    expect(phone.hangUp()).toBe(true)
    expect(after).toHaveBeenCalledOnce()
    expect(uncaught).toEqual([boom])
  })

  it('makes nothing of an error that nobody listens to', () => {
    expect(new Phone().fail(new Error('boom'))).toBe(false)
    expect(uncaught).toEqual([])
  })
})

describe('surface', () => {
  it('runs, and throws only once the step is over', async () => {
    vi.unstubAllGlobals()
    const steps: string[] = []
    const tasks: (() => void)[] = []
    vi.stubGlobal('queueMicrotask', (task: () => void) => tasks.push(task))
    surface(() => steps.push('quiet'))
    surface(() => {
      throw new Error('loud')
    })
    steps.push('after')
    expect(steps).toEqual(['quiet', 'after'])
    expect(tasks).toHaveLength(1)
    expect(tasks[0]).toThrow('loud')
  })
})
