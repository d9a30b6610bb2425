import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, it, vi } from 'vitest'
import { Diagnostics, defineDiagnostic } from '../transport/index.ts'
import { publishToChannels } from './diagnostics-channel.ts'

const callDiagnostic = defineDiagnostic<{ readonly id: number }>('call')

it('publishes to those who have subscribed, and makes no record for anybody else', () => {
  const diagnostics = new Diagnostics()
  publishToChannels(diagnostics, { prefix: 'test' })
  const heard: unknown[] = []
  const listener = (record: unknown) => heard.push(record)
  const record = vi.fn(() => ({ id: 1 }))
  diagnostics.publish(callDiagnostic, record)
  subscribe('test:call', listener)
  diagnostics.publish(callDiagnostic, record)
  unsubscribe('test:call', listener)
  diagnostics.publish(callDiagnostic, record)
  expect(record).toHaveBeenCalledOnce()
  expect(heard).toEqual([{ id: 1 }])
})

it('ends with its signal', () => {
  const diagnostics = new Diagnostics()
  const publishing = new AbortController()
  publishToChannels(diagnostics, { signal: publishing.signal })
  const listener = vi.fn()
  subscribe('sip:call', listener)
  publishing.abort()
  diagnostics.publish(callDiagnostic, () => ({ id: 1 }))
  unsubscribe('sip:call', listener)
  expect(listener).not.toHaveBeenCalled()
})
