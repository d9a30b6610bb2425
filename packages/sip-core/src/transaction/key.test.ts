import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { clientKey, newBranch, serverKey } from './key.ts'
import { type IncomingOptions, incoming, RecordingFlow } from './machine.fixture.ts'

const flow = new RecordingFlow(new VirtualClock(), false)

function keyOf(method: string, options: IncomingOptions = {}, of?: string): string {
  return serverKey(incoming(method, flow, options).message, of)
}

describe('newBranch', () => {
  it('begins with the cookie of RFC 3261 and never repeats', () => {
    const random = new SeededRandom(1)
    const branches = Array.from({ length: 1000 }, () => newBranch(random))
    expect(branches.every((branch) => /^z9hG4bK[a-z0-9]{16}$/.test(branch))).toBe(true)
    expect(new Set(branches).size).toBe(1000)
  })
})

describe('clientKey', () => {
  it('tells branches and methods apart, but not the case of a branch', () => {
    expect(clientKey('z9hG4bKa', 'INVITE')).toBe(clientKey('Z9HG4BKA', 'INVITE'))
    expect(clientKey('z9hG4bKa', 'INVITE')).not.toBe(clientKey('z9hG4bKb', 'INVITE'))
    expect(clientKey('z9hG4bKa', 'INVITE')).not.toBe(clientKey('z9hG4bKa', 'CANCEL'))
  })
})

describe('serverKey', () => {
  const via = (sentBy: string, branch: string) => ({
    via: `SIP/2.0/UDP ${sentBy}${branch && `;branch=${branch}`}`,
  })

  it('is made of branch, sent-by and method (RFC 3261 §17.2.3)', () => {
    const key = keyOf('INVITE', via('h.example.com:5060', 'z9hG4bKa'))
    expect(keyOf('INVITE', via('H.Example.COM:5060', 'z9hG4bKa'))).toBe(key)
    expect(keyOf('INVITE', { ...via('h.example.com:5060', 'z9hG4bKa'), seq: 99 })).toBe(key)
    expect(keyOf('INVITE', via('h.example.com:5061', 'z9hG4bKa'))).not.toBe(key)
    expect(keyOf('INVITE', via('i.example.com:5060', 'z9hG4bKa'))).not.toBe(key)
    expect(keyOf('INVITE', via('h.example.com:5060', 'z9hG4bKA'))).not.toBe(key)
    expect(keyOf('OPTIONS', via('h.example.com:5060', 'z9hG4bKa'))).not.toBe(key)
  })

  it('leads an ACK and a CANCEL to their INVITE', () => {
    for (const branch of ['z9hG4bKa', 'old', 'z9hG4bK', '']) {
      const options = via('h.example.com', branch)
      const invite = keyOf('INVITE', options)
      // The ACK's To has the tag of the response.
      expect(keyOf('ACK', { ...options, toTag: 'a1' }, 'INVITE')).toBe(invite)
      expect(keyOf('CANCEL', options, 'INVITE')).toBe(invite)
      expect(keyOf('CANCEL', options)).not.toBe(invite)
    }
  })

  it('looks at more than the branch where that identifies nothing: RFC 2543, or the cookie alone', () => {
    for (const branch of ['', 'old', 'z9hG4bK']) {
      const key = keyOf('INVITE', via('h.example.com', branch))
      expect(keyOf('INVITE', via('h.example.com', branch))).toBe(key)
      expect(keyOf('INVITE', { ...via('h.example.com', branch), seq: 4 })).not.toBe(key)
      expect(keyOf('INVITE', via('i.example.com', branch))).not.toBe(key)
    }
  })
})
