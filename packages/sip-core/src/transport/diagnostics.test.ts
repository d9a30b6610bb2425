import { describe, expect, it, vi } from 'vitest'
import { Diagnostics, type MessageTrace } from './diagnostics.ts'

const trace: MessageTrace = {
  direction: 'out',
  protocol: 'UDP',
  local: { host: '192.0.2.1', port: 5060 },
  remote: { host: '192.0.2.2', port: 5060 },
  bytes: new Uint8Array(),
  at: 1,
}

describe('Diagnostics', () => {
  it('makes no record while nobody listens', () => {
    const diagnostics = new Diagnostics()
    const record = vi.fn((): [MessageTrace] => [trace])
    diagnostics.publish('message', record)
    expect(record).not.toHaveBeenCalled()
  })

  it('makes one record for all who listen', () => {
    const diagnostics = new Diagnostics()
    const record = vi.fn((): [MessageTrace] => [trace])
    const heard: MessageTrace[] = []
    diagnostics.on('message', (trace) => heard.push(trace)).on('message', (trace) => heard.push(trace))
    diagnostics.publish('message', record)
    expect(record).toHaveBeenCalledOnce()
    expect(heard).toEqual([trace, trace])
  })
})
