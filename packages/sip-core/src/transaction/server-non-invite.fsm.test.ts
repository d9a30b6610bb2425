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
import type { ServerNonInviteInput, ServerNonInviteState } from './server-non-invite.fsm.ts'
import type { ServerMachine } from './server-transaction.ts'
import { TransactionLayer } from './transaction-layer.ts'

const TIMERS = { T1: 500, T2: 4000, T4: 5000, D: 33_000 }
// RFC 3261 §17.2.2: over a reliable transport J is zero.
const UNRELIABLE = { late: 3500, J: 32_000 }
const RELIABLE = { late: 3500, J: 0 }

const NOTHING = '-'
/** The user is refused, and nothing happens. */
const REFUSED = 'refused'
/** The message is left to whoever looks next, and nothing happens. */
const LEFT = 'left'
const GONE = ['terminated', '', 'terminated', ''] as const

type Row = readonly [state: ServerNonInviteState, sent: string, told: string, runs: string]
type Expected = Row | typeof NOTHING | typeof REFUSED | typeof LEFT

/** Read off RFC 3261 Figure 8 and RFC 4320 §4. */
const EXPECTED: Record<ServerNonInviteState, Record<ServerNonInviteInput, Expected>> = {
  trying: {
    request: NOTHING,
    '1xx': REFUSED,
    '2xx': ['completed', '200', '', 'J'],
    '3xx-6xx': ['completed', '404', '', 'J'],
    '408': ['silent', '', '', 'J'],
    late: ['proceeding', '100', '', ''],
    J: NOTHING,
    'transport-error': NOTHING,
    terminate: GONE,
  },
  proceeding: {
    request: ['proceeding', '100', '', ''],
    '1xx': REFUSED,
    '2xx': ['completed', '200', '', 'J'],
    '3xx-6xx': ['completed', '404', '', 'J'],
    '408': ['silent', '', '', 'J'],
    late: NOTHING,
    J: NOTHING,
    'transport-error': ['terminated', '', 'transport-error, terminated', ''],
    terminate: GONE,
  },
  completed: {
    request: ['completed', '200', '', 'J~'],
    '1xx': REFUSED,
    '2xx': REFUSED,
    '3xx-6xx': REFUSED,
    '408': REFUSED,
    late: NOTHING,
    J: GONE,
    'transport-error': ['terminated', '', 'transport-error, terminated', ''],
    terminate: GONE,
  },
  silent: {
    request: NOTHING,
    '1xx': REFUSED,
    '2xx': REFUSED,
    '3xx-6xx': REFUSED,
    '408': REFUSED,
    late: NOTHING,
    J: GONE,
    'transport-error': NOTHING,
    terminate: GONE,
  },
  terminated: {
    request: LEFT,
    '1xx': REFUSED,
    '2xx': REFUSED,
    '3xx-6xx': REFUSED,
    '408': REFUSED,
    late: NOTHING,
    J: NOTHING,
    'transport-error': NOTHING,
    terminate: NOTHING,
  },
}

const STATUS = { '1xx': 180, '2xx': 200, '3xx-6xx': 404, '408': 408 }

const PATHS: Record<ServerNonInviteState, readonly ServerNonInviteInput[]> = {
  trying: [],
  proceeding: ['late'],
  completed: ['2xx'],
  silent: ['late', '408'],
  terminated: ['terminate'],
}

for (const reliable of [false, true]) {
  describe(`non-INVITE server transaction over ${reliable ? 'TCP' : 'UDP'}`, () => {
    for (const state of Object.keys(EXPECTED) as ServerNonInviteState[]) {
      for (const input of Object.keys(EXPECTED[state]) as ServerNonInviteInput[]) {
        it(`${state} x ${input}`, () => {
          const clock = new WatchedClock(new VirtualClock())
          const layer = new TransactionLayer({ clock, random: new SeededRandom(1), timers: TIMERS })
          const flow = new RecordingFlow(clock, reliable)
          const user = new RecordingUser()
          const received = incoming('OPTIONS', flow)
          const transaction = layer.accept(received, user, flow) as ServerMachine
          const drive = (step: ServerNonInviteInput): typeof REFUSED | typeof LEFT | undefined => {
            switch (step) {
              case 'request':
                return layer.receive(incoming('OPTIONS', flow)) ? undefined : LEFT
              case '1xx':
              case '2xx':
              case '3xx-6xx':
              case '408':
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
              case 'late':
              case 'J':
                transaction.take(step)
                return
            }
          }
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
          expect(layer.size).toBe(transaction.state === 'terminated' ? 0 : 1)
        })
      }
    }
  })
}
