import { describe, expect, it } from 'vitest'
import { TransportError } from '../base/errors.ts'
import type { OutgoingRequest } from '../message/index.ts'
import type { ReceivedResponse, Target } from '../transport/index.ts'
import { type Attempt, failover, type Hop, type Outcome, overTcp } from './attempt.ts'

const target = (protocol: Target['protocol'], host: string): Target => ({
  protocol,
  address: { host, port: 5060 },
  domain: 'example.com',
})
const udp = (host: string): Hop => ({ type: 'target', target: target('UDP', host) })
const tcp = (host: string): Hop => ({ type: 'target', target: target('TCP', host) })
const datagram = (host: string): Hop => ({ type: 'datagram', target: target('UDP', host) })
const [A, B] = ['192.0.2.1', '192.0.2.2']

const attempt = (...hops: [Hop, ...Hop[]]): Attempt => ({
  request: {} as OutgoingRequest,
  hops,
  challenges: 0,
})
const broken: Outcome = { type: 'failed', error: new TransportError('refused') }
const answered = (status: number): Outcome => ({
  type: 'response',
  received: { message: { status } } as ReceivedResponse,
})

describe('a request too large for a datagram', () => {
  it('goes to the same server over TCP first', () => {
    expect(overTcp(attempt(udp(A), udp(B)), () => true).hops).toEqual([tcp(A), datagram(A), udp(B)])
  })

  it('stays where it is not for UDP, or TCP is not worth a try', () => {
    for (const hops of [[tcp(A)], [datagram(A)]] as const)
      expect(overTcp(attempt(...hops), () => true).hops).toEqual(hops)
    expect(overTcp(attempt(udp(A)), () => false).hops).toEqual([udp(A)])
  })

  it('goes back to UDP when TCP fails, and never to TCP again', () => {
    const back = failover(
      overTcp(attempt(udp(A), udp(B)), () => true),
      broken,
    )
    expect(back?.hops).toEqual([datagram(A), udp(B)])
    expect(back && overTcp(back, () => true)).toBe(back)
    expect(back && failover(back, broken)?.hops).toEqual([udp(B)])
  })

  it('does not ask the same server over UDP what it has answered over TCP', () => {
    const large = overTcp(attempt(udp(A), udp(B)), () => true)
    expect(failover(large, answered(503))?.hops).toEqual([udp(B)])
    expect(
      failover(
        overTcp(attempt(udp(A)), () => true),
        answered(503),
      ),
    ).toBeUndefined()
  })
})
