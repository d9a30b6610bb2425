import { describe, expect, it } from 'vitest'
import { TransportError } from '../base/errors.ts'
import { SeededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import type { ClientNonInviteInput, ClientNonInviteState } from './client-non-invite.fsm.ts'
import type { ClientMachine } from './client-transaction.ts'
import {
  answer,
  observe,
  outgoing,
  RecordingFlow,
  RecordingUser,
  row,
  WatchedClock,
} from './machine.fixture.ts'
import { TransactionLayer } from './transaction-layer.ts'

const TIMERS = { T1: 500, T2: 4000, T4: 5000, D: 33_000 }
// RFC 3261 §17.1.2.2: over a reliable transport nothing is resent and K is zero.
const UNRELIABLE = { E: 500, E2: 1000, T2: 4000, F: 32_000, K: 5000 }
const RELIABLE = { F: 32_000, K: 0 }

const NOTHING = '-'
const GONE = ['terminated', '', 'terminated', ''] as const

type Row = readonly [state: ClientNonInviteState, sent: string, told: string, runs: string]

/** Read off RFC 3261 Figure 6. */
const EXPECTED: Record<ClientNonInviteState, Record<ClientNonInviteInput, Row | typeof NOTHING>> = {
  trying: {
    '1xx': ['proceeding', '', 'response 100', 'E~ F~'],
    '2xx': ['completed', '', 'response 200', 'K'],
    '3xx-6xx': ['completed', '', 'response 404', 'K'],
    E: ['trying', 'OPTIONS', '', 'E2 F~'],
    F: ['terminated', '', 'timeout F, terminated', ''],
    K: NOTHING,
    'transport-error': ['terminated', '', 'transport-error, terminated', ''],
    'flow-closed': ['terminated', '', 'transport-error, terminated', ''],
    terminate: GONE,
  },
  proceeding: {
    '1xx': ['proceeding', '', 'response 100', 'E~ F~'],
    '2xx': ['completed', '', 'response 200', 'K'],
    '3xx-6xx': ['completed', '', 'response 404', 'K'],
    E: ['proceeding', 'OPTIONS', '', 'T2 F~'],
    F: ['terminated', '', 'timeout F, terminated', ''],
    K: NOTHING,
    'transport-error': ['terminated', '', 'transport-error, terminated', ''],
    'flow-closed': ['terminated', '', 'transport-error, terminated', ''],
    terminate: GONE,
  },
  completed: {
    '1xx': NOTHING,
    '2xx': NOTHING,
    '3xx-6xx': NOTHING,
    E: NOTHING,
    F: NOTHING,
    K: GONE,
    'transport-error': NOTHING,
    'flow-closed': NOTHING,
    terminate: GONE,
  },
  terminated: {
    '1xx': NOTHING,
    '2xx': NOTHING,
    '3xx-6xx': NOTHING,
    E: NOTHING,
    F: NOTHING,
    K: NOTHING,
    'transport-error': NOTHING,
    'flow-closed': NOTHING,
    terminate: NOTHING,
  },
}

const STATUS = { '1xx': 100, '2xx': 200, '3xx-6xx': 404 }

const PATHS: Record<ClientNonInviteState, readonly ClientNonInviteInput[]> = {
  trying: [],
  proceeding: ['1xx'],
  completed: ['2xx'],
  terminated: ['terminate'],
}

for (const reliable of [false, true]) {
  describe(`non-INVITE client transaction over ${reliable ? 'TCP' : 'UDP'}`, () => {
    for (const state of Object.keys(EXPECTED) as ClientNonInviteState[]) {
      for (const input of Object.keys(EXPECTED[state]) as ClientNonInviteInput[]) {
        it(`${state} x ${input}`, () => {
          const clock = new WatchedClock(new VirtualClock())
          const layer = new TransactionLayer({ clock, random: new SeededRandom(1), timers: TIMERS })
          const flow = new RecordingFlow(clock, reliable)
          const user = new RecordingUser()
          const transaction = layer.send(outgoing('OPTIONS'), flow, user) as ClientMachine
          const { request } = transaction
          const drive = (step: ClientNonInviteInput) => {
            if (step === 'terminate') transaction.terminate()
            else if (step === 'transport-error' || step === 'flow-closed')
              transaction.take(step, new TransportError('unreachable'))
            else if (step === '1xx' || step === '2xx' || step === '3xx-6xx') {
              const known = layer.receive(answer(request, STATUS[step], flow))
              expect(known).toBe(state !== 'terminated')
            } else transaction.take(step)
          }
          for (const step of PATHS[state]) drive(step)
          expect(transaction.state).toBe(state)

          const seen = observe({ clock, flow, user, transaction }, () => drive(input))
          const expected = EXPECTED[state][input]
          expect(seen).toBe(
            expected === NOTHING ? NOTHING : row(...expected, reliable ? RELIABLE : UNRELIABLE),
          )
          expect(layer.size).toBe(transaction.state === 'terminated' ? 0 : 1)
        })
      }
    }
  })
}
