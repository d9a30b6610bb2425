import { describe, expect, it } from 'vitest'
import { StateError, TransportError } from '../base/errors.ts'
import { SeededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import {
  incoming,
  observe,
  RecordingFlow,
  RecordingUser,
  response,
  row,
  WatchedClock,
} from './machine.fixture.ts'
import type { ServerInviteInput, ServerInviteState } from './server-invite.fsm.ts'
import type { ServerMachine } from './server-transaction.ts'
import { TransactionLayer } from './transaction-layer.ts'

const TIMERS = { T1: 500, T2: 4000, T4: 5000, D: 33_000 }
// RFC 3261 §17.2.1: over a reliable transport nothing is resent and I is zero; RFC 6026 §7.1 for L. `late` is the
// timer of the transaction that a CANCEL has for itself.
const UNRELIABLE = { trying: 200, late: 3500, G: 500, G2: 1000, H: 32_000, I: 5000, L: 32_000 }
const RELIABLE = { trying: 200, late: 3500, H: 32_000, I: 0, L: 32_000 }

const NOTHING = '-'
/** The user is refused, and nothing happens. */
const REFUSED = 'refused'
/** The message is left to whoever looks next, and nothing happens. */
const LEFT = 'left'
const GONE = ['terminated', '', 'terminated', ''] as const

type Row = readonly [state: ServerInviteState, sent: string, told: string, runs: string]
type Expected = Row | typeof NOTHING | typeof REFUSED | typeof LEFT

/** Read off Figure 7 as RFC 6026 §8.7 has it. */
const EXPECTED: Record<ServerInviteState, Record<ServerInviteInput, Expected>> = {
  proceeding: {
    // After a provisional response: see below for a retransmission that comes before the first.
    request: ['proceeding', '180', '', ''],
    ack: NOTHING,
    cancel: ['proceeding', '', 'cancel', 'late'],
    '1xx': ['proceeding', '180', '', ''],
    '2xx': ['accepted', '200', '', 'L'],
    '3xx-6xx': ['completed', '486', '', 'G H'],
    trying: ['proceeding', '100', '', ''],
    G: NOTHING,
    H: NOTHING,
    I: NOTHING,
    L: NOTHING,
    'transport-error': ['proceeding', '', 'transport-error', ''],
    terminate: GONE,
  },
  completed: {
    request: ['completed', '486', '', 'G~ H~'],
    ack: ['confirmed', '', '', 'I'],
    cancel: ['completed', '', 'cancel', 'G~ H~ late'],
    '1xx': REFUSED,
    '2xx': REFUSED,
    '3xx-6xx': REFUSED,
    trying: NOTHING,
    G: ['completed', '486', '', 'G2 H~'],
    H: ['terminated', '', 'timeout H, terminated', ''],
    I: NOTHING,
    L: NOTHING,
    'transport-error': ['completed', '', 'transport-error', 'G~ H~'],
    terminate: GONE,
  },
  accepted: {
    request: NOTHING,
    ack: LEFT,
    cancel: ['accepted', '', 'cancel', 'L~ late'],
    '1xx': REFUSED,
    '2xx': ['accepted', '200', '', 'L~'],
    '3xx-6xx': REFUSED,
    trying: NOTHING,
    G: NOTHING,
    H: NOTHING,
    I: NOTHING,
    L: GONE,
    'transport-error': ['accepted', '', 'transport-error', 'L~'],
    terminate: GONE,
  },
  confirmed: {
    request: NOTHING,
    ack: NOTHING,
    cancel: ['confirmed', '', 'cancel', 'I~ late'],
    '1xx': REFUSED,
    '2xx': REFUSED,
    '3xx-6xx': REFUSED,
    trying: NOTHING,
    G: NOTHING,
    H: NOTHING,
    I: GONE,
    L: NOTHING,
    'transport-error': NOTHING,
    terminate: GONE,
  },
  terminated: {
    request: LEFT,
    ack: LEFT,
    cancel: LEFT,
    '1xx': REFUSED,
    '2xx': REFUSED,
    '3xx-6xx': REFUSED,
    trying: NOTHING,
    G: NOTHING,
    H: NOTHING,
    I: NOTHING,
    L: NOTHING,
    'transport-error': NOTHING,
    terminate: NOTHING,
  },
}

const STATUS = { '1xx': 180, '2xx': 200, '3xx-6xx': 486 }
const METHOD = { request: 'INVITE', ack: 'ACK', cancel: 'CANCEL' }

const PATHS: Record<ServerInviteState, readonly ServerInviteInput[]> = {
  proceeding: ['1xx'],
  completed: ['3xx-6xx'],
  accepted: ['2xx'],
  confirmed: ['3xx-6xx', 'ack'],
  terminated: ['terminate'],
}

function setUp(reliable: boolean) {
  const virtual = new VirtualClock()
  const clock = new WatchedClock(virtual)
  const layer = new TransactionLayer({ clock, random: new SeededRandom(1), timers: TIMERS })
  const flow = new RecordingFlow(clock, reliable)
  const user = new RecordingUser()
  const received = incoming('INVITE', flow)
  const transaction = layer.accept(received, user, flow) as ServerMachine
  const drive = (step: ServerInviteInput): typeof REFUSED | typeof LEFT | undefined => {
    switch (step) {
      case 'request':
      case 'ack':
      case 'cancel':
        return layer.receive(incoming(METHOD[step], flow)) ? undefined : LEFT
      case '1xx':
      case '2xx':
      case '3xx-6xx':
        try {
          transaction.respond(response(received.message, STATUS[step]))
          return
        } catch (error) {
          expect(error).toBeInstanceOf(StateError)
          return REFUSED
        }
      case 'transport-error':
        transaction.take(step, new TransportError('unreachable'))
        return
      case 'terminate':
        transaction.terminate()
        return
      default:
        transaction.take(step)
        return
    }
  }
  return { virtual, clock, layer, flow, user, transaction, drive }
}

for (const reliable of [false, true]) {
  describe(`INVITE server transaction over ${reliable ? 'TCP' : 'UDP'}`, () => {
    for (const state of Object.keys(EXPECTED) as ServerInviteState[]) {
      for (const input of Object.keys(EXPECTED[state]) as ServerInviteInput[]) {
        it(`${state} x ${input}`, () => {
          const { clock, layer, flow, user, transaction, drive } = setUp(reliable)
          for (const step of PATHS[state]) expect(drive(step)).toBeUndefined()
          expect(transaction.state).toBe(state)

          let outcome: string | undefined
          const seen = observe({ clock, flow, user, transaction }, () => {
            outcome = drive(input)
          })
          const expected = EXPECTED[state][input]
          if (typeof expected === 'string') {
            expect(seen).toBe(NOTHING)
            expect(outcome ?? NOTHING).toBe(expected)
          } else {
            expect(seen).toBe(row(...expected, reliable ? RELIABLE : UNRELIABLE))
            expect(outcome).toBeUndefined()
          }
          // A CANCEL that finds its INVITE has a transaction of its own, which nobody has answered here.
          const cancels = input === 'cancel' && outcome === undefined ? 1 : 0
          expect(layer.size).toBe((transaction.state === 'terminated' ? 0 : 1) + cancels)
        })
      }
    }

    it('proceeding x request, before any response: nothing to send yet', () => {
      const { clock, flow, user, transaction, drive } = setUp(reliable)
      expect(observe({ clock, flow, user, transaction }, () => drive('request'))).toBe(NOTHING)
    })

    it('sends 100 after 200 ms unless the user has sent something', () => {
      const slow = setUp(reliable)
      slow.virtual.advance(199)
      expect(slow.flow.kinds).toEqual([])
      slow.virtual.advance(1)
      expect(slow.flow.kinds).toEqual(['100'])
      slow.drive('request')
      expect(slow.flow.kinds).toEqual(['100', '100'])
      for (const status of ['1xx', '2xx', '3xx-6xx'] as const) {
        const quick = setUp(true)
        quick.virtual.advance(199)
        quick.drive(status)
        quick.virtual.advance(1000)
        expect(quick.flow.kinds).toEqual([String(STATUS[status])])
      }
    })
  })
}
