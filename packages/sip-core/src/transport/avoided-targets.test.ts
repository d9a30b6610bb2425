import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../testing/index.ts'
import { AvoidedTargets } from './avoided-targets.ts'
import type { Target } from './target.ts'

const target = (host: string, protocol: Target['protocol'] = 'UDP'): Target => ({
  protocol,
  address: { host, port: 5060 },
  domain: 'example.com',
})
const [A, B, C] = [target('192.0.2.1'), target('192.0.2.2'), target('192.0.2.3')]

describe('AvoidedTargets', () => {
  it('puts them last, and keeps the order otherwise', () => {
    const avoided = new AvoidedTargets(new VirtualClock())
    expect(avoided.last([A, B, C])).toEqual([A, B, C])
    avoided.add(A, 1000)
    avoided.add(B, 1000)
    expect(avoided.last([A, B, C])).toEqual([C, A, B])
    expect(avoided.last([A])).toEqual([A])
  })

  it('knows one by protocol and address, whatever domain led there', () => {
    const avoided = new AvoidedTargets(new VirtualClock())
    avoided.add(A, 1000)
    expect(avoided.has({ ...A, domain: 'other.example.com' })).toBe(true)
    expect(avoided.has(target('192.0.2.1', 'TCP'))).toBe(false)
    expect(avoided.has({ ...A, address: { ...A.address, port: 5061 } })).toBe(false)
  })

  it('forgets in time, not sooner for being told less later', () => {
    const clock = new VirtualClock()
    const avoided = new AvoidedTargets(clock)
    avoided.add(A, 1000)
    avoided.add(A, 10)
    clock.advance(999)
    expect(avoided.has(A)).toBe(true)
    clock.advance(1)
    expect(avoided.has(A)).toBe(false)
  })

  it('does not grow without end', () => {
    const avoided = new AvoidedTargets(new VirtualClock())
    for (let i = 0; i < 10_001; i++) avoided.add(target(`10.0.${i >> 8}.${i & 255}`), 1000)
    expect(avoided.has(target('10.0.0.0'))).toBe(false)
    expect(avoided.has(target('10.0.0.1'))).toBe(true)
  })
})
