import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../testing/seeded-random.ts'
import { isLooped, loopBranch, statelessBranch } from './branch-id.ts'
import { incoming } from './proxy.fixture.ts'

const own = [{ host: '192.0.2.9', port: 5060 }]
const random = new SeededRandom(1)
const FIRST = 'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKpeer1'

/** The request as it comes back after it was forwarded as `forwarded` from here. */
function comesBack(start: string, forwarded: ReturnType<typeof incoming>, lines: readonly string[] = []) {
  const branch = loopBranch(random, forwarded.message)
  return incoming(start, [
    'Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKother',
    `Via: SIP/2.0/UDP 192.0.2.9:5060;branch=${branch}`,
    FIRST,
    ...lines,
  ]).message
}

describe('a loop (RFC 5393 §4.2)', () => {
  const sent = incoming('INVITE sip:bob@example.com')

  it('is a request that comes back as it was', () => {
    expect(isLooped(sent.message, own)).toBe(false)
    expect(isLooped(comesBack('INVITE sip:bob@example.com', sent), own)).toBe(true)
  })

  it('is one whatever has become of the case of the branch', () => {
    const message = comesBack('INVITE sip:bob@example.com', sent)
    const vias = message.headers.getAll('Via').map((via) => `Via: ${via.toUpperCase()}`)
    expect(isLooped(incoming('INVITE sip:bob@example.com', vias).message, own)).toBe(true)
  })

  it('is none when the request comes back changed: a spiral', () => {
    expect(isLooped(comesBack('INVITE sip:joe@example.com', sent), own)).toBe(false)
    for (const line of ['Route: <sip:x;lr>', 'Proxy-Require: x', 'To: <sip:b@h>;tag=1', 'Call-ID: other']) {
      expect(isLooped(comesBack('INVITE sip:bob@example.com', sent, [line]), own)).toBe(false)
    }
  })

  it('is none when another element has forwarded it', () => {
    const message = comesBack('INVITE sip:bob@example.com', sent)
    expect(isLooped(message, [{ host: '192.0.2.9', port: 5070 }])).toBe(false)
    expect(isLooped(message, [{ host: '192.0.2.8', port: 5060 }])).toBe(false)
  })
})

it('a branch by which loops are known is a new one each time', () => {
  const { message } = incoming('INVITE sip:bob@example.com')
  const branches = new Set(Array.from({ length: 100 }, () => loopBranch(random, message)))
  expect(branches.size).toBe(100)
  for (const branch of branches) expect(branch).toMatch(/^z9hG4bK[a-z0-9]{16}\.[a-z0-9]{14}$/)
})

describe('the branch of who keeps nothing (RFC 3261 §16.11)', () => {
  const via = (branch: string, sentBy = '192.0.2.1:5060') => `Via: SIP/2.0/UDP ${sentBy};branch=${branch}`
  const branchOf = (start: string, ...lines: string[]) => statelessBranch(incoming(start, lines).message)
  const INVITE = 'INVITE sip:bob@example.com'

  it('is the same for a retransmission, the CANCEL, and the ACK to a refusal', () => {
    const branch = branchOf(INVITE, via('z9hG4bKa'))
    expect(branch).toMatch(/^z9hG4bK[a-z0-9]{14}\.[a-z0-9]{14}$/)
    expect(branchOf(INVITE, via('z9hG4bKa'))).toBe(branch)
    expect(branchOf('CANCEL sip:bob@example.com', via('z9hG4bKa'))).toBe(branch)
  })

  it('is another for another request', () => {
    const branches = [
      branchOf(INVITE, via('z9hG4bKa')),
      branchOf(INVITE, via('z9hG4bKb')),
      branchOf(INVITE, via('z9hG4bKa', '192.0.2.3:5060')),
      branchOf(INVITE, via('z9hG4bKa', '192.0.2.1:5061')),
    ]
    expect(new Set(branches).size).toBe(4)
  })

  it('is made of what tells requests apart where the peer knows no branches (RFC 2543)', () => {
    const branches = [
      branchOf(INVITE, via('1')),
      branchOf(INVITE, via('1'), 'Call-ID: other'),
      branchOf(INVITE, via('1'), 'CSeq: 2 INVITE'),
      branchOf(INVITE, via('1'), 'From: <sip:alice@example.com>;tag=a2'),
      branchOf('INVITE sip:joe@example.com', via('1')),
    ]
    expect(new Set(branches).size).toBe(5)
    expect(branchOf(INVITE, via('1'))).toBe(branches[0])
  })
})
