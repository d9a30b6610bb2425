import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ArgumentError, SipError, StateError, TransportError } from '../base/errors.ts'
import { SeededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Diagnostics } from '../transport/index.ts'
import { answer, incoming, outgoing, RecordingFlow, RecordingUser, response } from './machine.fixture.ts'
import { DEFAULT_TIMERS } from './timers.ts'
import { TransactionLayer, type TransactionStep, transactionDiagnostic } from './transaction-layer.ts'

let clock: VirtualClock
let layer: TransactionLayer
let flow: RecordingFlow
let user: RecordingUser
let steps: TransactionStep[]

beforeEach(() => {
  clock = new VirtualClock()
  steps = []
  layer = new TransactionLayer({
    clock,
    random: new SeededRandom(1),
    timers: DEFAULT_TIMERS,
    diagnostics: new Diagnostics().on(transactionDiagnostic, (step) => steps.push(step)),
  })
  flow = new RecordingFlow(clock, false)
  user = new RecordingUser()
})

const lines = (text = '') => text.split('\r\n')

describe('send', () => {
  it('puts a Via with a new branch on top of a copy', () => {
    const request = outgoing('OPTIONS', { Via: 'SIP/2.0/TCP downstream.example.com;branch=z9hG4bKdown' })
    const one = layer.send(request, flow, user)
    const two = layer.send(request, flow, user)
    expect(one.branch).not.toBe(two.branch)
    const vias = lines(flow.sent[0]).filter((line) => line.startsWith('Via:'))
    expect(vias).toEqual([
      `Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=${one.branch}`,
      'Via: SIP/2.0/TCP downstream.example.com;branch=z9hG4bKdown',
    ])
    expect(request.headers.getAll('Via')).toHaveLength(1)
    expect(one.request.via.branch).toBe(one.branch)
    expect([one.method, one.state, one.flow]).toEqual(['OPTIONS', 'trying', flow])
    expect(layer.size).toBe(2)
  })

  it('refuses an ACK, a CANCEL without a branch, and a branch that is in use', () => {
    expect(() => layer.send(outgoing('ACK'), flow, user)).toThrow(ArgumentError)
    expect(() => layer.send(outgoing('CANCEL'), flow, user)).toThrow(ArgumentError)
    const { branch } = layer.send(outgoing('OPTIONS'), flow, user)
    expect(() => layer.send(outgoing('OPTIONS'), flow, user, { branch })).toThrow(StateError)
    expect(layer.size).toBe(1)
    expect(flow.sent).toHaveLength(1)
    expect(user.events).toEqual([])
  })
})

describe('responses', () => {
  it('find their transaction by branch and method', () => {
    const invite = layer.send(outgoing('INVITE'), flow, user)
    const options = layer.send(outgoing('OPTIONS'), flow, new RecordingUser())
    expect(layer.receive(answer(invite.request, 180, flow))).toBe(true)
    expect(user.events).toEqual(['response 180'])
    expect(options.state).toBe('trying')
  })

  it('are strays when the branch is unknown or missing, or the method another', () => {
    const options = layer.send(outgoing('OPTIONS'), flow, user)
    const { request } = options
    const other = layer.send(outgoing('OPTIONS'), flow, user)
    const stray = answer(other.request, 200, flow)
    other.terminate()
    expect(layer.receive(stray)).toBe(false)

    const invite = layer.send(outgoing('INVITE'), flow, user, { branch: 'z9hG4bKshared' })
    const ok = answer(invite.request, 200, flow)
    invite.terminate()
    layer.send(outgoing('CANCEL'), flow, user, { branch: 'z9hG4bKshared' })
    expect(layer.receive(ok)).toBe(false)

    const noBranch = answer(request, 200, flow, 'b1', 'SIP/2.0/UDP 192.0.2.1:5060')
    expect(noBranch.message.via.branch).toBeUndefined()
    expect(layer.receive(noBranch)).toBe(false)
    expect(options.state).toBe('trying')
  })
})

describe('a response with more Vias than its request (RFC 3261 §8.1.3.3)', () => {
  const beyond = ', SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKbeyond'

  it('is dropped', () => {
    const invite = layer.send(outgoing('INVITE'), flow, user)
    expect(layer.receive(answer(invite.request, 200, flow, 'b1', `${invite.request.via}${beyond}`))).toBe(
      true,
    )
    expect(user.events).toEqual([])
    expect(invite.state).toBe('calling')
  })

  it('is not where the request came from another hop', () => {
    const invite = layer.send(outgoing('INVITE', { Via: 'SIP/2.0/TCP below.example.com' }), flow, user)
    layer.receive(answer(invite.request, 180, flow, 'b1', `${invite.request.via}${beyond}`))
    expect(user.events).toEqual(['response 180'])
  })
})

describe('the ACK to a final response other than 2xx', () => {
  it('is made as RFC 3261 §17.1.1.3 says', () => {
    const invite = layer.send(
      outgoing('INVITE', {
        Route: '<sip:p1.example.com;lr>, <sip:p2.example.com;lr>',
        Via: 'SIP/2.0/TCP below.example.com',
      }),
      flow,
      user,
    )
    layer.receive(answer(invite.request, 486, flow, 'busy'))
    expect(lines(flow.sent[1])).toEqual([
      'ACK sip:bob@example.net SIP/2.0',
      `Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=${invite.branch}`,
      'Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>',
      'Max-Forwards: 70',
      'From: <sip:alice@example.com>;tag=a1',
      'To: <sip:bob@example.net>;tag=busy',
      'Call-ID: call-1@192.0.2.1',
      'CSeq: 7 ACK',
      'Content-Length: 0',
      '',
      '',
    ])
  })

  it('goes out before the user hears of the response, who may start anew at once', () => {
    user.onClient = ({ type }) => {
      if (type === 'response') layer.send(outgoing('INVITE'), flow, new RecordingUser())
    }
    const invite = layer.send(outgoing('INVITE'), flow, user)
    layer.receive(answer(invite.request, 401, flow))
    expect(flow.kinds).toEqual(['INVITE', 'ACK', 'INVITE'])
  })
})

describe('CANCEL of a client', () => {
  it("is the INVITE's twin (RFC 3261 §9.1) and has a transaction of its own", () => {
    const invite = layer.send(
      outgoing('INVITE', { Route: '<sip:p1.example.com;lr>', Require: '100rel' }),
      flow,
      user,
    )
    layer.receive(answer(invite.request, 180, flow))
    const canceller = new RecordingUser()
    const cancel = layer.send(invite.createCancel(), invite.flow, canceller, { branch: invite.branch })
    expect(lines(flow.sent[1])).toEqual([
      'CANCEL sip:bob@example.net SIP/2.0',
      `Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=${invite.branch}`,
      'Route: <sip:p1.example.com;lr>',
      'Max-Forwards: 70',
      'From: <sip:alice@example.com>;tag=a1',
      'To: <sip:bob@example.net>',
      'Call-ID: call-1@192.0.2.1',
      'CSeq: 7 CANCEL',
      'Content-Length: 0',
      '',
      '',
    ])
    layer.receive(answer(cancel.request, 200, flow))
    expect([cancel.state, invite.state]).toEqual(['completed', 'proceeding'])
    layer.receive(answer(invite.request, 487, flow))
    expect(canceller.events).toEqual(['response 200'])
    expect(user.events).toEqual(['response 180', 'response 487'])
  })

  it('cannot be made for another method, nor after the final response', () => {
    expect(() => layer.send(outgoing('OPTIONS'), flow, user).createCancel()).toThrow(StateError)
    const invite = layer.send(outgoing('INVITE'), flow, user)
    layer.receive(answer(invite.request, 200, flow))
    expect(() => invite.createCancel()).toThrow(StateError)
  })
})

describe('requests', () => {
  it('are new when no transaction knows them, and retransmissions once accepted', () => {
    for (const method of ['INVITE', 'OPTIONS']) {
      const received = incoming(method, flow)
      expect(layer.receive(received)).toBe(false)
      const transaction = layer.accept(received, user, flow)
      expect(transaction.request).toBe(received.message)
      expect(layer.receive(incoming(method, flow))).toBe(true)
      expect(() => layer.accept(received, user, flow)).toThrow(StateError)
    }
    expect(layer.size).toBe(2)
  })

  it('have no transaction when they are ACKs', () => {
    expect(() => layer.accept(incoming('ACK', flow), user, flow)).toThrow(StateError)
    expect(layer.receive(incoming('ACK', flow))).toBe(false)
  })

  it('an ACK to a 2xx is left to the user, with a branch of its own or with that of the INVITE', () => {
    const received = incoming('INVITE', flow)
    layer.accept(received, user, flow).respond(response(received.message, 200))
    const via = 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKack'
    expect(layer.receive(incoming('ACK', flow, { via }))).toBe(false)
    expect(layer.receive(incoming('ACK', flow))).toBe(false)
  })

  it('of RFC 2543, without a branch, are matched all the same', () => {
    const via = 'SIP/2.0/UDP 192.0.2.2'
    const received = incoming('INVITE', flow, { via })
    const transaction = layer.accept(received, user, flow)
    transaction.respond(response(received.message, 486))
    expect(layer.receive(incoming('INVITE', flow, { via }))).toBe(true)
    expect(layer.receive(incoming('ACK', flow, { via, toTag: 'a1' }))).toBe(true)
    expect(transaction.state).toBe('confirmed')
    expect(layer.receive(incoming('INVITE', flow, { via, seq: 4 }))).toBe(false)
  })

  it('get a 100 that copies Via, From, To, Call-ID, CSeq and Timestamp (RFC 3261 §8.2.6)', () => {
    const via =
      'SIP/2.0/UDP peer.example.net;rport;branch=z9hG4bKa, SIP/2.0/TCP first.example.net;branch=z9hG4bKb'
    layer.accept(incoming('INVITE', flow, { via }), user, flow)
    clock.advance(200)
    expect(lines(flow.sent[0])).toEqual([
      'SIP/2.0 100 Trying',
      'Via: SIP/2.0/UDP peer.example.net;rport=5060;branch=z9hG4bKa;received=192.0.2.2',
      'Via: SIP/2.0/TCP first.example.net;branch=z9hG4bKb',
      'From: <sip:bob@example.net>;tag=b1',
      'To: <sip:alice@example.com>',
      'Call-ID: call-2@192.0.2.2',
      'CSeq: 3 INVITE',
      'Timestamp: 54',
      'Content-Length: 0',
      '',
      '',
    ])
  })
})

describe('CANCEL to a server', () => {
  it('reaches the user of its INVITE, who answers both', () => {
    const received = incoming('INVITE', flow)
    const invite = layer.accept(received, user, flow)
    const cancelled = incoming('CANCEL', flow)
    user.onServer = (event) => {
      if (event.type !== 'cancel') return
      expect(event.transaction).toBe(invite)
      expect(event.received).toBe(cancelled)
      expect(event.cancel.request).toBe(cancelled.message)
      event.cancel.respond(response(event.cancel.request, 200))
      event.transaction.respond(response(event.transaction.request, 487))
    }
    expect(layer.receive(cancelled)).toBe(true)
    expect(flow.kinds).toEqual(['200', '487'])
    expect(lines(flow.sent[0])).toContain('CSeq: 3 CANCEL')
    // Sent again, it gets its answer again, and the user hears nothing.
    expect(layer.receive(incoming('CANCEL', flow))).toBe(true)
    expect(flow.kinds).toEqual(['200', '487', '200'])
    expect(user.events).toEqual(['cancel'])
  })

  it('is not taken when there is no INVITE, or none any more, or it was no INVITE', () => {
    expect(layer.receive(incoming('CANCEL', flow))).toBe(false)
    layer.accept(incoming('OPTIONS', flow), user, flow)
    expect(layer.receive(incoming('CANCEL', flow))).toBe(false)
    const invite = layer.accept(incoming('INVITE', flow), user, flow)
    const via = 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKother'
    expect(layer.receive(incoming('CANCEL', flow, { via }))).toBe(false)
    invite.terminate()
    expect(layer.receive(incoming('CANCEL', flow))).toBe(false)
    // The endpoint then answers 481, in a transaction like any other.
    const stray = incoming('CANCEL', flow)
    layer.accept(stray, user, flow).respond(response(stray.message, 481))
    expect(layer.receive(stray)).toBe(true)
    expect(flow.kinds).toEqual(['481', '481'])
  })

  it('is answered on its own connection, or the way the datagrams of its INVITE are', () => {
    const answers = new RecordingFlow(clock, false)
    layer.accept(incoming('INVITE', flow), user, answers)
    const flows: unknown[] = []
    user.onServer = (event) => {
      if (event.type === 'cancel') flows.push(event.cancel.flow)
    }
    layer.receive(incoming('CANCEL', flow))
    const tcp = new RecordingFlow(clock, true)
    const via = 'SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bKpeer2'
    layer.accept(incoming('INVITE', tcp, { via }), user, tcp)
    const again = new RecordingFlow(clock, true)
    layer.receive(incoming('CANCEL', again, { via }))
    expect(flows).toEqual([answers, again])
  })
})

describe('a flow that fails', () => {
  it('is told in a step of its own, never within the call that sends', () => {
    flow.onSend = (failed) => failed(new TransportError('no route'))
    const transaction = layer.send(outgoing('OPTIONS'), flow, user)
    expect(user.events).toEqual([])
    expect(transaction.state).toBe('trying')
    clock.advance(0)
    expect(user.events).toEqual(['transport-error', 'terminated'])
    expect(clock.pending).toBe(0)
    expect(layer.size).toBe(0)
  })

  it('may also throw', () => {
    flow.onSend = () => {
      throw new Error('broken flow')
    }
    const errors: TransportError[] = []
    user.onClient = (event) => {
      if (event.type === 'transport-error') errors.push(event.error)
    }
    layer.send(outgoing('INVITE'), flow, user)
    clock.advance(0)
    expect(user.events).toEqual(['transport-error', 'terminated'])
    expect(errors[0]).toBeInstanceOf(TransportError)
    expect(errors[0]?.cause).toEqual(new Error('broken flow'))
  })

  it('is heard once, however often it says so, and not after the end', () => {
    const transaction = layer.send(outgoing('OPTIONS'), flow, user)
    flow.failLast()
    flow.failLast()
    transaction.terminate()
    flow.failLast()
    expect(clock.pending).toBe(0)
    expect(user.events).toEqual(['terminated'])
  })

  it('is of no interest once the transaction has gone on', () => {
    const received = incoming('OPTIONS', flow)
    const transaction = layer.accept(received, user, flow)
    clock.advance(3500)
    expect(flow.kinds).toEqual(['100'])
    flow.failLast()
    transaction.respond(response(received.message, 200))
    clock.advance(0)
    expect(user.events).toEqual([])
    expect(transaction.state).toBe('completed')
  })

  it('does not end an INVITE that was answered, which may be resent with success (RFC 6026 §8.8)', () => {
    const received = incoming('INVITE', flow)
    const transaction = layer.accept(received, user, flow)
    transaction.respond(response(received.message, 486))
    flow.failLast()
    clock.advance(500)
    expect(user.events).toEqual(['transport-error'])
    expect(flow.kinds).toEqual(['486', '486'])
    expect(transaction.state).toBe('completed')
  })
})

describe('users that act within an event', () => {
  it('may terminate at once: no event follows the last one', () => {
    user.onClient = ({ transaction }) => transaction.terminate()
    const invite = layer.send(outgoing('INVITE'), flow, user)
    layer.receive(answer(invite.request, 180, flow))
    expect(user.events).toEqual(['response 180', 'terminated'])
    const timedOut = new RecordingUser()
    timedOut.onClient = ({ transaction }) => transaction.terminate()
    layer.send(outgoing('OPTIONS'), flow, timedOut)
    clock.advance(32_000)
    expect(timedOut.events).toEqual(['timeout F', 'terminated'])
    expect(layer.size).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('find the transaction gone from the layer when they hear that it is over', () => {
    const sizes: number[] = []
    user.onClient = ({ type, transaction }) => {
      if (type === 'terminated') sizes.push(layer.size)
      expect(transaction.state).not.toBe('calling')
    }
    layer.send(outgoing('INVITE'), flow, user).terminate()
    expect(sizes).toEqual([0])
  })

  it('may be answered by the network while they send', () => {
    flow.onSend = () => {
      flow.onSend = undefined
      const [first] = steps
      const transaction = first?.transaction as ReturnType<TransactionLayer['send']>
      layer.receive(answer(transaction.request, 200, flow))
    }
    const transaction = layer.send(outgoing('OPTIONS'), flow, user)
    expect(transaction.state).toBe('completed')
    expect(user.events).toEqual(['response 200'])
    clock.runUntilIdle()
    expect(flow.times).toEqual([0])
    expect(clock.now()).toBe(5000)
  })

  it('may be ended by the network while an ACK is sent: nothing comes after the last event', () => {
    const invite = layer.send(outgoing('INVITE'), flow, user)
    flow.onSend = () => invite.terminate()
    layer.receive(answer(invite.request, 486, flow))
    expect(user.events).toEqual(['terminated'])
    expect(clock.pending).toBe(0)
  })

  it('disturb nobody when they throw', () => {
    const later: (() => void)[] = []
    const spy = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => later.push(task))
    user.onClient = () => {
      throw new Error('bug')
    }
    user.onServer = () => {
      throw new Error('another')
    }
    layer.send(outgoing('OPTIONS'), flow, user).terminate()
    layer.accept(incoming('OPTIONS', flow), user, flow).terminate()
    spy.mockRestore()
    expect(layer.size).toBe(0)
    expect(later).toHaveLength(2)
    expect(later[0]).toThrow('bug')
    expect(later[1]).toThrow('another')
  })
})

describe('what a finished transaction keeps', () => {
  it('is no request, once the event with the final response is over', () => {
    let seen: unknown
    user.onClient = (event) => {
      if (event.type === 'response') seen = event.transaction.request
    }
    const client = layer.send(outgoing('INVITE'), flow, user)
    const { request } = client
    layer.receive(answer(request, 486, flow))
    expect(seen).toBe(request)
    expect(() => client.request).toThrow(StateError)

    const received = incoming('INVITE', flow)
    const server = layer.accept(received, user, flow)
    server.respond(response(received.message, 200))
    expect(() => server.request).toThrow(StateError)
    expect([server.method, server.state]).toEqual(['INVITE', 'accepted'])
  })

  it('is no bytes that it will not send again', async () => {
    const sent: WeakRef<Uint8Array>[] = []
    const forgetful = {
      transport: flow.transport,
      local: flow.local,
      remote: flow.remote,
      send: (bytes: Uint8Array) => void sent.push(new WeakRef(bytes)),
      close: () => {},
    }
    const invite = layer.send(outgoing('INVITE'), forgetful, user)
    layer.receive(answer(invite.request, 180, flow))
    const options = layer.send(outgoing('OPTIONS'), forgetful, user)
    layer.receive(answer(options.request, 200, flow))
    const received = incoming('INVITE', flow)
    layer.accept(received, user, forgetful).respond(response(received.message, 200))
    const resent = layer.send(outgoing('OPTIONS'), forgetful, user)
    // A WeakRef holds what it was made with until the step is over.
    await new Promise((resolve) => setTimeout(resolve))
    setFlagsFromString('--expose-gc')
    runInNewContext('gc')()
    expect(sent.map((bytes) => bytes.deref() === undefined)).toEqual([true, true, true, false])
    expect(resent.state).toBe('trying')
  })
})

describe('close', () => {
  it('ends every transaction, tells every user, leaves no timer, and takes no more', () => {
    const invite = layer.send(outgoing('INVITE'), flow, user)
    const late = answer(invite.request, 200, flow)
    const received = incoming('INVITE', flow)
    layer.accept(received, user, flow)
    layer.close()
    expect(user.events).toEqual(['terminated', 'terminated'])
    expect(layer.size).toBe(0)
    expect(clock.pending).toBe(0)
    expect(layer.receive(late)).toBe(false)
    expect(layer.receive(received)).toBe(false)
    expect(() => layer.send(outgoing('OPTIONS'), flow, user)).toThrow(SipError)
    expect(() => layer.accept(received, user, flow)).toThrow(SipError)
  })

  it('refuses a CANCEL that comes while it ends the rest', () => {
    const outcomes: boolean[] = []
    user.onClient = () => outcomes.push(layer.receive(incoming('CANCEL', flow)))
    layer.send(outgoing('OPTIONS'), flow, user)
    layer.accept(incoming('INVITE', flow), user, flow)
    layer.close()
    expect(outcomes).toEqual([false])
    expect(layer.size).toBe(0)
  })
})

describe('transactionDiagnostic', () => {
  it('hears of every step', () => {
    const invite = layer.send(outgoing('INVITE'), flow, user)
    clock.advance(500)
    layer.receive(answer(invite.request, 486, flow))
    clock.runUntilIdle()
    expect(steps.map(({ from, input, to }) => [from, input, to])).toEqual([
      [undefined, 'start', 'calling'],
      ['calling', 'A', 'calling'],
      ['calling', '3xx-6xx', 'completed'],
      ['completed', 'D', 'terminated'],
    ])
    expect(steps.every(({ transaction }) => transaction === invite)).toBe(true)
  })
})

it('finds a transaction among many as fast as among few', { retry: 3 }, () => {
  const few = timeOf(1000)
  const many = timeOf(50_000)
  // Fifty times as many: anything that searches would show. Caches and the collector are allowed for.
  expect(many).toBeLessThan(few * 10 + 50)

  function timeOf(alive: number): number {
    const crowd = new TransactionLayer({ clock, random: new SeededRandom(2), timers: DEFAULT_TIMERS })
    const quiet = { onClientTransaction: () => {} }
    const tcp = new RecordingFlow(clock, true)
    const transactions = Array.from({ length: alive }, () => crowd.send(outgoing('INVITE'), tcp, quiet))
    const answers = transactions.slice(-1000).map(({ request }) => answer(request, 180, tcp))
    const start = performance.now()
    for (const received of answers) crowd.receive(received)
    const time = performance.now() - start
    crowd.close()
    return time
  }
})

describe('a connection that is lost', () => {
  const clock = new VirtualClock()
  const layer = new TransactionLayer({ clock, random: new SeededRandom(1), timers: DEFAULT_TIMERS })

  it('ends the requests that wait for an answer on it, and no others', () => {
    const lost = new RecordingFlow(clock, true)
    const other = new RecordingFlow(clock, true)
    const [waiting, answered, elsewhere] = [new RecordingUser(), new RecordingUser(), new RecordingUser()]
    layer.send(outgoing('INVITE'), lost, waiting)
    const invite = layer.send(outgoing('INVITE'), lost, answered)
    layer.receive(answer(invite.request, 200, lost))
    layer.send(outgoing('INVITE'), other, elsewhere)
    layer.flowClosed(lost)
    expect(waiting.events).toEqual([])
    clock.advance(0)
    expect(waiting.events).toEqual(['transport-error', 'terminated'])
    expect(answered.events).toEqual(['response 200'])
    expect(elsewhere.events).toEqual([])
  })

  it('says why', () => {
    const flow = new RecordingFlow(clock, true)
    const user = new RecordingUser()
    const errors: unknown[] = []
    user.onClient = (event) => event.type === 'transport-error' && errors.push(event.error)
    const reset = new TransportError('reset')
    layer.send(outgoing('OPTIONS'), flow, user)
    layer.flowClosed(flow, reset)
    clock.advance(0)
    layer.send(outgoing('OPTIONS'), flow, user)
    layer.flowClosed(flow)
    clock.advance(0)
    expect(errors).toEqual([
      reset,
      expect.objectContaining({ message: expect.stringContaining('was closed') }),
    ])
  })

  it('leaves requests that came by it to be answered', () => {
    const flow = new RecordingFlow(clock, true)
    const user = new RecordingUser()
    const received = incoming('OPTIONS', flow)
    const transaction = layer.accept(received, user, flow)
    layer.flowClosed(flow)
    clock.advance(0)
    transaction.respond(response(received.message, 200))
    expect(flow.kinds).toEqual(['200'])
  })

  it('is in use while a transaction lives that came or went over it', () => {
    const flow = new RecordingFlow(clock, true)
    const back = new RecordingFlow(clock, true)
    expect(layer.uses(flow)).toBe(false)
    const server = layer.accept(incoming('INVITE', flow), new RecordingUser(), back)
    const client = layer.send(outgoing('OPTIONS'), flow, new RecordingUser())
    expect([layer.uses(flow), layer.uses(back)]).toEqual([true, false])
    server.terminate()
    expect(layer.uses(flow)).toBe(true)
    client.terminate()
    expect(layer.uses(flow)).toBe(false)
  })

  it('is not kept where there are no connections', () => {
    const flow = new RecordingFlow(clock, false)
    const client = layer.send(outgoing('OPTIONS'), flow, new RecordingUser())
    expect(layer.uses(flow)).toBe(false)
    client.terminate()
  })
})

describe('a request that comes again another way (RFC 3261 §8.2.2.2)', () => {
  const clock = new VirtualClock()
  const layer = new TransactionLayer({ clock, random: new SeededRandom(1), timers: DEFAULT_TIMERS })
  const flow = new RecordingFlow(clock, false)
  const via = (branch: string) => ({ via: `SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK${branch}` })
  const open = (method: string, options = {}) =>
    layer.accept(incoming(method, flow, options), new RecordingUser(), flow)

  it('is known as long as the first transaction lives', () => {
    const first = open('INVITE', via('one'))
    const again = incoming('INVITE', flow, via('two'))
    expect(layer.isMerged(again)).toBe(true)
    const second = layer.accept(again, new RecordingUser(), flow)
    second.terminate()
    expect(layer.isMerged(again)).toBe(true)
    first.terminate()
    expect(layer.isMerged(again)).toBe(false)
  })

  it('is another one with another number, another method, or within a dialog', () => {
    const first = open('OPTIONS', via('one'))
    expect(layer.isMerged(incoming('OPTIONS', flow, via('two')))).toBe(true)
    expect(layer.isMerged(incoming('OPTIONS', flow, { ...via('two'), seq: 4 }))).toBe(false)
    expect(layer.isMerged(incoming('MESSAGE', flow, via('two')))).toBe(false)
    expect(layer.isMerged(incoming('OPTIONS', flow, { ...via('two'), toTag: 'a1' }))).toBe(false)
    first.terminate()
  })

  it('is no ACK or CANCEL, each of which goes with its INVITE', () => {
    const first = open('INVITE', via('one'))
    expect(layer.isMerged(incoming('ACK', flow, via('two')))).toBe(false)
    expect(layer.isMerged(incoming('CANCEL', flow, via('two')))).toBe(false)
    first.terminate()
  })
})

it('is settled when no transaction waits for its final response', async () => {
  const clock = new VirtualClock()
  const layer = new TransactionLayer({ clock, random: new SeededRandom(1), timers: DEFAULT_TIMERS })
  const flow = new RecordingFlow(clock, false)
  await layer.settled()
  const received = incoming('INVITE', flow)
  const server = layer.accept(received, new RecordingUser(), flow)
  const answered = layer.send(outgoing('INVITE'), flow, new RecordingUser())
  const options = layer.send(outgoing('OPTIONS'), flow, new RecordingUser())
  const given = layer.send(outgoing('INVITE'), flow, new RecordingUser())
  const events: string[] = []
  void layer.settled().then(() => events.push('settled'))
  const step = async (what: string, doing: () => void) => {
    doing()
    for (let turn = 0; turn < 8; turn++) await null
    events.push(what)
  }
  await step('answered', () => layer.receive(answer(answered.request, 200, flow)))
  await step('given up', () => given.terminate())
  await step('refused', () => server.respond(response(received.message, 486)))
  await step('unheard', () => clock.advance(31_000))
  await step('heard', () => layer.receive(answer(options.request, 200, flow)))
  expect(events).toEqual(['answered', 'given up', 'refused', 'unheard', 'settled', 'heard'])
  expect(layer.size).toBe(3)
})

describe('a limit', () => {
  const clock = new VirtualClock()
  const flow = new RecordingFlow(clock, false)
  const via = (number: number) => ({ via: `SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK${number}` })
  const full = expect.objectContaining({ code: 'SIP_LIMIT' })
  const makeFull = () => {
    const layer = new TransactionLayer({
      clock,
      random: new SeededRandom(1),
      timers: DEFAULT_TIMERS,
      limit: 16,
    })
    for (let i = 0; i < 8; i++) {
      layer.accept(incoming('INVITE', flow, { ...via(i), seq: i }), new RecordingUser(), flow)
      layer.send(outgoing('OPTIONS'), flow, new RecordingUser())
    }
    return layer
  }

  it('holds for both ends, and what there is goes on', () => {
    const layer = makeFull()
    expect(() => layer.send(outgoing('OPTIONS'), flow, new RecordingUser())).toThrow(full)
    expect(() => layer.accept(incoming('OPTIONS', flow, via(99)), new RecordingUser(), flow)).toThrow(full)
    expect(layer.size).toBe(16)
    layer.close()
    expect(layer.size).toBe(0)
  })

  it('leaves room for requests within dialogs, so that calls can be ended, but not without end', () => {
    const layer = makeFull()
    const bye = (i: number) =>
      layer.accept(incoming('BYE', flow, { ...via(100 + i), toTag: 'a1' }), new RecordingUser(), flow)
    bye(1)
    bye(2)
    expect(() => bye(3)).toThrow(full)
  })

  it('does not keep anybody from cancelling', () => {
    const layer = makeFull()
    expect(layer.receive(incoming('CANCEL', flow, via(3)))).toBe(true)
    expect(layer.size).toBe(17)
  })
})
