import { describe, expect, it, vi } from 'vitest'
import { type DiagnosticSink, Diagnostics, defineDiagnostic, type MessageTrace } from './diagnostics.ts'

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

  it('knows records of others by what they were defined as', () => {
    const diagnostics = new Diagnostics()
    const fromHere = defineDiagnostic<number>('count')
    // The same in another copy of the package that defines it, as CommonJS beside ESM has one.
    const fromThere = defineDiagnostic<number>('count')
    const heard: number[] = []
    const listener = (count: number) => heard.push(count)
    const record = vi.fn(() => 1)
    diagnostics.publish(fromHere, record)
    expect(record).not.toHaveBeenCalled()
    diagnostics.on(fromHere, listener).once(fromThere, listener)
    expect(diagnostics.listenerCount(fromHere)).toBe(2)
    diagnostics.publish(fromThere, record)
    expect(heard).toEqual([1, 1])
    diagnostics.off(fromHere, listener).publish(fromHere, record)
    expect(record).toHaveBeenCalledOnce()
  })

  it('asks a sink whether it wants a record before making it, and makes one for all', () => {
    const diagnostics = new Diagnostics()
    const taken: [string, unknown][] = []
    let wanted = false
    const sink: DiagnosticSink = { wants: () => wanted, take: (name, record) => taken.push([name, record]) }
    const piping = new AbortController()
    diagnostics.pipe(sink).pipe(sink, piping)
    const record = vi.fn((): [MessageTrace] => [trace])
    diagnostics.publish('message', record)
    expect(record).not.toHaveBeenCalled()
    wanted = true
    diagnostics.publish('message', record)
    piping.abort()
    diagnostics.publish(defineDiagnostic<number>('count'), () => 2)
    expect(record).toHaveBeenCalledOnce()
    expect(taken).toEqual([
      ['message', trace],
      ['message', trace],
      ['count', 2],
    ])
  })
})
