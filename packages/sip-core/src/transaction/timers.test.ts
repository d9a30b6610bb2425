import { beforeEach, describe, expect, it } from 'vitest'
import { SeededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import type { ClientTransaction } from './client-transaction.ts'
import { answer, incoming, outgoing, RecordingFlow, RecordingUser, response } from './machine.fixture.ts'
import type { ServerTransaction } from './server-transaction.ts'
import { DEFAULT_TIMERS } from './timers.ts'
import { TransactionLayer } from './transaction-layer.ts'

let clock: VirtualClock
let layer: TransactionLayer
let udp: RecordingFlow
let tcp: RecordingFlow
let user: RecordingUser

beforeEach(() => {
  clock = new VirtualClock()
  layer = new TransactionLayer({ clock, random: new SeededRandom(1), timers: DEFAULT_TIMERS })
  udp = new RecordingFlow(clock, false)
  tcp = new RecordingFlow(clock, true)
  user = new RecordingUser()
})

/** When the transaction ends if nothing else comes, on the virtual clock. */
function endOf(transaction: ClientTransaction | ServerTransaction): number {
  while (transaction.state !== 'terminated') clock.advance(1)
  expect(clock.pending).toBe(0)
  expect(layer.size).toBe(0)
  return clock.now()
}

describe('INVITE client', () => {
  it('resends by A at 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, and gives up by B at 32 s', () => {
    const transaction = layer.send(outgoing('INVITE'), udp, user)
    expect(endOf(transaction)).toBe(32_000)
    expect(udp.times).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500])
    expect(new Set(udp.sent).size).toBe(1)
    expect(user.events).toEqual(['timeout B', 'terminated'])
  })

  it('does not resend over a reliable flow, and gives up by B all the same', () => {
    expect(endOf(layer.send(outgoing('INVITE'), tcp, user))).toBe(32_000)
    expect(tcp.times).toEqual([0])
    expect(user.events).toEqual(['timeout B', 'terminated'])
  })

  it('stops resending, and waiting, at the first provisional response', () => {
    const transaction = layer.send(outgoing('INVITE'), udp, user)
    clock.advance(1600)
    layer.receive(answer(transaction.request, 180, udp))
    expect(clock.pending).toBe(0)
    clock.advance(3_600_000)
    expect(udp.times).toEqual([0, 500, 1500])
    expect(transaction.state).toBe('proceeding')
  })

  it('absorbs a resent final response for D: 32 s, or no time over a reliable flow', () => {
    for (const [flow, end] of [
      [udp, 32_000],
      [tcp, 0],
    ] as const) {
      const start = clock.now()
      const transaction = layer.send(outgoing('INVITE'), flow, user)
      const busy = answer(transaction.request, 486, flow)
      layer.receive(busy)
      expect(transaction.state).toBe('completed')
      if (flow === udp) {
        clock.advance(31_999)
        layer.receive(busy)
        expect(flow.kinds).toEqual(['INVITE', 'ACK', 'ACK'])
        expect(transaction.state).toBe('completed')
      }
      clock.advanceTo(start + end)
      expect(transaction.state).toBe('terminated')
      expect(layer.receive(busy)).toBe(false)
    }
    expect(clock.pending).toBe(0)
  })

  it('hands up every 2xx for M: 32 s over any flow', () => {
    for (const flow of [udp, tcp]) {
      user.events.length = 0
      const transaction = layer.send(outgoing('INVITE'), flow, user)
      const ok = answer(transaction.request, 200, flow)
      const forked = answer(transaction.request, 200, flow, 'b2')
      layer.receive(ok)
      clock.advance(31_999)
      layer.receive(ok)
      layer.receive(forked)
      expect(user.events).toEqual(['response 200', 'response 200', 'response 200'])
      clock.advance(1)
      expect(transaction.state).toBe('terminated')
      expect(layer.receive(ok)).toBe(false)
      expect(flow.kinds).toEqual(['INVITE'])
    }
  })
})

describe('non-INVITE client', () => {
  it('resends by E, doubled up to T2, and gives up by F at 32 s', () => {
    expect(endOf(layer.send(outgoing('OPTIONS'), udp, user))).toBe(32_000)
    expect(udp.times).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
    expect(user.events).toEqual(['timeout F', 'terminated'])
  })

  it('goes on after a provisional response, every T2, until F', () => {
    const transaction = layer.send(outgoing('OPTIONS'), udp, user)
    clock.advance(600)
    layer.receive(answer(transaction.request, 100, udp))
    expect(endOf(transaction)).toBe(32_000)
    expect(udp.times).toEqual([0, 500, 1500, 5500, 9500, 13_500, 17_500, 21_500, 25_500, 29_500])
    expect(user.events).toEqual(['response 100', 'timeout F', 'terminated'])
  })

  it('does not resend over a reliable flow, and gives up by F all the same', () => {
    const transaction = layer.send(outgoing('OPTIONS'), tcp, user)
    layer.receive(answer(transaction.request, 100, tcp))
    expect(endOf(transaction)).toBe(32_000)
    expect(tcp.times).toEqual([0])
  })

  it('absorbs a resent final response for K: T4, or no time over a reliable flow', () => {
    const overUdp = layer.send(outgoing('OPTIONS'), udp, user)
    const ok = answer(overUdp.request, 200, udp)
    layer.receive(ok)
    clock.advance(4999)
    expect(layer.receive(ok)).toBe(true)
    clock.advance(1)
    expect(overUdp.state).toBe('terminated')
    expect(layer.receive(ok)).toBe(false)
    expect(user.events).toEqual(['response 200', 'terminated'])

    const overTcp = layer.send(outgoing('OPTIONS'), tcp, user)
    layer.receive(answer(overTcp.request, 200, tcp))
    expect(overTcp.state).toBe('completed')
    clock.advance(0)
    expect(overTcp.state).toBe('terminated')
  })
})

describe('INVITE server', () => {
  it('resends a refusal by G, doubled up to T2, and gives up by H at 32 s', () => {
    const received = incoming('INVITE', udp)
    const transaction = layer.accept(received, user, udp)
    transaction.respond(response(received.message, 486))
    expect(endOf(transaction)).toBe(32_000)
    expect(udp.times).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
    expect(user.events).toEqual(['timeout H', 'terminated'])
  })

  it('does not resend over a reliable flow, and gives up by H all the same', () => {
    const received = incoming('INVITE', tcp)
    const transaction = layer.accept(received, user, tcp)
    transaction.respond(response(received.message, 486))
    expect(endOf(transaction)).toBe(32_000)
    expect(tcp.times).toEqual([0])
    expect(user.events).toEqual(['timeout H', 'terminated'])
  })

  it('stops at the ACK and absorbs further ones for I: T4, or no time over a reliable flow', () => {
    const received = incoming('INVITE', udp)
    const transaction = layer.accept(received, user, udp)
    transaction.respond(response(received.message, 486))
    clock.advance(600)
    expect(layer.receive(incoming('ACK', udp))).toBe(true)
    clock.advance(4999)
    expect(layer.receive(incoming('ACK', udp))).toBe(true)
    expect(transaction.state).toBe('confirmed')
    expect(endOf(transaction)).toBe(5600)
    expect(udp.times).toEqual([0, 500])
    expect(user.events).toEqual(['terminated'])

    const overTcp = layer.accept(incoming('INVITE', tcp), user, tcp)
    overTcp.respond(response(received.message, 486))
    layer.receive(incoming('ACK', tcp))
    expect(overTcp.state).toBe('confirmed')
    clock.advance(0)
    expect(overTcp.state).toBe('terminated')
  })

  it('absorbs retransmissions after a 2xx for L: 32 s over any flow', () => {
    for (const flow of [udp, tcp]) {
      const received = incoming('INVITE', flow)
      const transaction = layer.accept(received, user, flow)
      transaction.respond(response(received.message, 200))
      clock.advance(31_999)
      expect(layer.receive(received)).toBe(true)
      clock.advance(1)
      expect(transaction.state).toBe('terminated')
      expect(layer.receive(received)).toBe(false)
      expect(flow.kinds).toEqual(['200'])
    }
    expect(user.events).toEqual(['terminated', 'terminated'])
  })

  it('rings as long as the user likes', () => {
    const transaction = layer.accept(incoming('INVITE', udp), user, udp)
    clock.advance(3_600_000)
    expect(transaction.state).toBe('proceeding')
    expect(udp.times).toEqual([200])
  })
})

describe('non-INVITE server', () => {
  it('resends its answer to retransmissions for J: 32 s, or no time over a reliable flow', () => {
    const received = incoming('OPTIONS', udp)
    const transaction = layer.accept(received, user, udp)
    expect(layer.receive(received)).toBe(true)
    expect(udp.sent).toEqual([])
    transaction.respond(response(received.message, 200))
    clock.advance(31_999)
    expect(layer.receive(received)).toBe(true)
    expect(udp.times).toEqual([0, 31_999])
    expect(udp.sent[0]).toBe(udp.sent[1])
    clock.advance(1)
    expect(transaction.state).toBe('terminated')
    expect(layer.receive(received)).toBe(false)
    expect(user.events).toEqual(['terminated'])

    const overTcp = layer.accept(incoming('OPTIONS', tcp), user, tcp)
    overTcp.respond(response(received.message, 200))
    expect(overTcp.state).toBe('completed')
    clock.advance(0)
    expect(overTcp.state).toBe('terminated')
  })
})

describe('RFC 4320, a request other than INVITE', () => {
  it.each(['UDP', 'TCP'])('gets its 100 over %s when the client resends at T2, not before', (protocol) => {
    const flow = protocol === 'UDP' ? udp : tcp
    const received = incoming('OPTIONS', flow)
    const transaction = layer.accept(received, user, flow)
    clock.advance(3499)
    expect(flow.kinds).toEqual([])
    clock.advance(1)
    expect(flow.kinds).toEqual(['100'])
    layer.receive(received)
    expect(flow.kinds).toEqual(['100', '100'])
    transaction.respond(response(received.message, 200))
    clock.advance(10_000)
    expect(flow.kinds).toEqual(['100', '100', '200'])
  })

  it('gets none when it was answered before', () => {
    const received = incoming('OPTIONS', udp)
    layer.accept(received, user, udp).respond(response(received.message, 200))
    clock.advance(10_000)
    expect(udp.kinds).toEqual(['200'])
  })

  it('gets no 408, and no second chance as long as it may be resent', () => {
    const received = incoming('OPTIONS', udp)
    const transaction = layer.accept(received, user, udp)
    transaction.respond(response(received.message, 408))
    expect(layer.receive(received)).toBe(true)
    expect(udp.kinds).toEqual([])
    expect(endOf(transaction)).toBe(32_000)
    expect(user.events).toEqual(['terminated'])
  })
})

it('derives every timer from T1, T2, T4 and D as given', () => {
  layer = new TransactionLayer({
    clock,
    random: new SeededRandom(1),
    timers: { T1: 100, T2: 300, T4: 70, D: 50 },
  })
  expect(endOf(layer.send(outgoing('OPTIONS'), udp, user))).toBe(6400)
  expect(udp.times.slice(0, 6)).toEqual([0, 100, 300, 600, 900, 1200])

  const invite = layer.send(outgoing('INVITE'), udp, user)
  layer.receive(answer(invite.request, 486, udp))
  expect(endOf(invite)).toBe(6450)

  const options = layer.send(outgoing('OPTIONS'), udp, user)
  layer.receive(answer(options.request, 200, udp))
  expect(endOf(options)).toBe(6520)
})
