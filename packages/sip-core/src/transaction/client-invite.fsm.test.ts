import { describe, expect, it } from 'vitest'
import { TransportError } from '../base/errors.ts'
import { SeededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import type { ClientInviteInput, ClientInviteState } from './client-invite.fsm.ts'
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
// RFC 3261 §17.1.1.2: over a reliable transport nothing is resent and D is zero.
const UNRELIABLE = { A: 500, A2: 1000, B: 32_000, D: 33_000, M: 32_000 }
const RELIABLE = { B: 32_000, D: 0, M: 32_000 }

const NOTHING = '-'
const GONE = ['terminated', '', 'terminated', ''] as const

type Row = readonly [state: ClientInviteState, sent: string, told: string, runs: string]

/** Read off RFC 3261 Figure 5 and RFC 6026 §7.2. */
const EXPECTED: Record<ClientInviteState, Record<ClientInviteInput, Row | typeof NOTHING>> = {
  calling: {
    '1xx': ['proceeding', '', 'response 180', ''],
    '2xx': ['accepted', '', 'response 200', 'M'],
    '3xx-6xx': ['completed', 'ACK', 'response 486', 'D'],
    A: ['calling', 'INVITE', '', 'B~ A2'],
    B: ['terminated', '', 'timeout B, terminated', ''],
    D: NOTHING,
    M: NOTHING,
    'transport-error': ['terminated', '', 'transport-error, terminated', ''],
    'flow-closed': ['terminated', '', 'transport-error, terminated', ''],
    terminate: GONE,
  },
  proceeding: {
    '1xx': ['proceeding', '', 'response 180', ''],
    '2xx': ['accepted', '', 'response 200', 'M'],
    '3xx-6xx': ['completed', 'ACK', 'response 486', 'D'],
    A: NOTHING,
    B: NOTHING,
    D: NOTHING,
    M: NOTHING,
    'transport-error': NOTHING,
    'flow-closed': ['terminated', '', 'transport-error, terminated', ''],
    terminate: GONE,
  },
  completed: {
    '1xx': NOTHING,
    '2xx': NOTHING,
    '3xx-6xx': ['completed', 'ACK', '', 'D~'],
    A: NOTHING,
    B: NOTHING,
    D: GONE,
    M: NOTHING,
    'transport-error': ['terminated', '', 'transport-error, terminated', ''],
    'flow-closed': NOTHING,
    terminate: GONE,
  },
  accepted: {
    '1xx': NOTHING,
    '2xx': ['accepted', '', 'response 200', 'M~'],
    '3xx-6xx': NOTHING,
    A: NOTHING,
    B: NOTHING,
    D: NOTHING,
    M: GONE,
    'transport-error': NOTHING,
    'flow-closed': NOTHING,
    terminate: GONE,
  },
  terminated: {
    '1xx': NOTHING,
    '2xx': NOTHING,
    '3xx-6xx': NOTHING,
    A: NOTHING,
    B: NOTHING,
    D: NOTHING,
    M: NOTHING,
    'transport-error': NOTHING,
    'flow-closed': NOTHING,
    terminate: NOTHING,
  },
}

const STATUS = { '1xx': 180, '2xx': 200, '3xx-6xx': 486 }

const PATHS: Record<ClientInviteState, readonly ClientInviteInput[]> = {
  calling: [],
  proceeding: ['1xx'],
  completed: ['3xx-6xx'],
  accepted: ['2xx'],
  terminated: ['terminate'],
}

for (const reliable of [false, true]) {
  describe(`INVITE client transaction over ${reliable ? 'TCP' : 'UDP'}`, () => {
    for (const state of Object.keys(EXPECTED) as ClientInviteState[]) {
      for (const input of Object.keys(EXPECTED[state]) as ClientInviteInput[]) {
        it(`${state} x ${input}`, () => {
          const clock = new WatchedClock(new VirtualClock())
          const layer = new TransactionLayer({ clock, random: new SeededRandom(1), timers: TIMERS })
          const flow = new RecordingFlow(clock, reliable)
          const user = new RecordingUser()
          const transaction = layer.send(outgoing('INVITE'), flow, user) as ClientMachine
          const { request } = transaction
          const drive = (step: ClientInviteInput) => {
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
