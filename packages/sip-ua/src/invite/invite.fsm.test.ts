import { beforeEach, describe, expect, it } from 'vitest'
import { NOTHING_LEFT, type Said, Stage } from '../stage.fixture.ts'
import {
  CALL_STATES,
  type CallState,
  INVITE_TABLE,
  type InviteInput,
  type InviteState,
} from './invite.fsm.ts'
import type { InviteSession } from './session.ts'

// Written from RFC 3261 (§9, §12.2, §13 to §15) and not from the table: what is not here, does nothing.
const EXPECTED = `
null           invite     calling         send-invite
null           arrived    incoming
calling        100        proceeding
calling        1xx        early
calling        2xx        confirmed
calling        failure    disconnected
calling        lost       disconnected
calling        end        abandoned       withdraw
proceeding     1xx        early
proceeding     2xx        confirmed
proceeding     failure    disconnected
proceeding     lost       disconnected
proceeding     end        cancelling      send-cancel
early          1xx        early
early          2xx        confirmed
early          failure    disconnected
early          lost       disconnected
early          end        cancelling      send-cancel
early          reinvite   early           refuse-glare
early          bye        cancelling      answer-bye send-cancel
abandoned      100        cancelling      send-cancel
abandoned      1xx        cancelling      send-cancel
abandoned      2xx        disconnecting   send-bye
abandoned      failure    disconnected
abandoned      lost       disconnected
cancelling     2xx        disconnecting   send-bye
cancelling     failure    disconnected
cancelling     lost       disconnected
cancelling     reinvite   cancelling      refuse-glare
cancelling     bye        cancelling      answer-bye
incoming       ring       alerting        send-response
incoming       accept     connecting      send-response
incoming       reject     disconnected    send-response
incoming       end        disconnected    send-response
incoming       cancelled  disconnected    refuse
incoming       reinvite   incoming        refuse-busy
incoming       bye        disconnected    answer-bye refuse
alerting       ring       alerting        send-response
alerting       accept     connecting      send-response
alerting       reject     disconnected    send-response
alerting       end        disconnected    send-response
alerting       cancelled  disconnected    refuse
alerting       reinvite   alerting        refuse-busy
alerting       bye        disconnected    answer-bye refuse
connecting     end        closing
connecting     ack        confirmed
connecting     no-ack     disconnecting   send-bye
connecting     reinvite   connecting      refuse-glare
connecting     bye        disconnected    answer-bye
closing        ack        disconnecting   send-bye
closing        no-ack     disconnecting   send-bye
closing        reinvite   closing         refuse-glare
closing        bye        disconnected    answer-bye
confirmed      end        disconnecting   send-bye
confirmed      gone       disconnecting   send-bye
confirmed      reinvite   confirmed       take-reinvite
confirmed      bye        disconnected    answer-bye
disconnecting  bye        disconnecting   answer-bye
disconnecting  bye-done   disconnected
`

const INPUTS: readonly InviteInput[] = [
  ...(['invite', 'ring', 'accept', 'reject', 'end', '100', '1xx', '2xx', 'failure', 'lost'] as const),
  ...(['arrived', 'ack', 'no-ack', 'cancelled', 'reinvite', 'bye', 'bye-done', 'gone'] as const),
]

function expected(state: string, input: string): unknown {
  const rows = EXPECTED.trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
  const row = rows.find(([from, by]) => from === state && by === input)
  return row === undefined ? null : { next: row[2], actions: row.slice(3) }
}

describe('the table of a call', () => {
  const states = Object.keys(INVITE_TABLE) as InviteState[]
  for (const state of states) {
    it.each(INPUTS)(`${state} x %s`, (input) => {
      expect(INVITE_TABLE[state][input]).toEqual(expected(state, input))
    })
  }

  it('has no other inputs, and expects no other states', () => {
    for (const state of states) expect(Object.keys(INVITE_TABLE[state]).sort()).toEqual([...INPUTS].sort())
    const named = EXPECTED.trim()
      .split('\n')
      .flatMap((line) => [line.split(/\s+/)[0], line.split(/\s+/)[2]])
    expect(new Set(named)).toEqual(new Set(states))
  })
})

/** The call that is under test, and who it is with. */
let stage: Stage
let call: InviteSession

beforeEach(async () => {
  stage = await Stage.set()
})

const OFFER: Said = { sdp: 'v=0 changed' }
const quietly = (run: () => unknown) => async () => {
  try {
    await run()
  } catch {}
}

/** How a call comes into each of its states. */
const REACH: Readonly<Record<Exclude<InviteState, 'null'>, () => Promise<void>>> = {
  calling: async () => {
    call = await stage.call()
  },
  proceeding: async () => {
    await REACH.calling()
    await stage.answer(100)
  },
  early: async () => {
    await REACH.calling()
    await stage.answer(180)
  },
  abandoned: async () => {
    await REACH.calling()
    void call.end()
  },
  cancelling: async () => {
    await REACH.early()
    void call.end()
    await stage.play(2)
    await stage.answerTo('CANCEL', 200)
  },
  incoming: async () => {
    call = await stage.invited()
  },
  alerting: async () => {
    await REACH.incoming()
    call.ring()
    await stage.play(2)
  },
  connecting: async () => {
    await REACH.alerting()
    call.accept({ sdp: 'v=0 alice' })
    await stage.play(2)
  },
  closing: async () => {
    await REACH.connecting()
    void call.end()
    await stage.play(2)
  },
  confirmed: async () => {
    await REACH.connecting()
    await stage.say('ACK')
  },
  disconnecting: async () => {
    await REACH.confirmed()
    void call.end()
    await stage.play(2)
  },
  disconnected: async () => {
    await REACH.disconnecting()
    await stage.answerTo('BYE', 200)
  },
}

/** How each input comes about. */
const CAUSE: Readonly<Record<Exclude<InviteInput, 'invite' | 'arrived'>, () => Promise<void>>> = {
  ring: async () => call.ring(),
  accept: async () => call.accept({ sdp: 'v=0 alice' }),
  reject: async () => call.reject(),
  end: async () => void call.end(),
  '100': () => stage.answer(100),
  '1xx': () => stage.answer(180),
  '2xx': () => stage.answer(200, { sdp: 'v=0 peer' }),
  failure: () => stage.answer(486),
  lost: () => stage.play(33_000),
  ack: () => stage.say('ACK'),
  'no-ack': () => stage.play(33_000),
  cancelled: () => stage.say('CANCEL'),
  reinvite: () => stage.say('INVITE', OFFER),
  bye: () => stage.say('BYE'),
  'bye-done': () => stage.answerTo('BYE', 200),
  gone: async () => {
    call.reinvite(OFFER as { sdp: string }).catch(() => {})
    await stage.play(2)
    await stage.answerTo('INVITE', 481)
  },
}

/** What is heard of each step, besides what the transactions below say. */
const STEPS: readonly (readonly [InviteState, InviteInput, CallState, ...string[]])[] = [
  ['calling', '100', 'calling'],
  ['calling', '1xx', 'early'],
  ['calling', '2xx', 'confirmed', 'ACK'],
  ['calling', 'failure', 'disconnected', 'ACK'],
  ['calling', 'lost', 'disconnected', 'INVITE'],
  ['calling', 'end', 'disconnecting'],
  ['proceeding', '100', 'calling'],
  ['proceeding', '1xx', 'early'],
  ['proceeding', '2xx', 'confirmed', 'ACK'],
  ['proceeding', 'failure', 'disconnected', 'ACK'],
  ['proceeding', 'lost', 'calling'],
  ['proceeding', 'end', 'disconnecting', 'CANCEL'],
  ['early', '100', 'early'],
  ['early', '1xx', 'early'],
  ['early', '2xx', 'confirmed', 'ACK'],
  ['early', 'failure', 'disconnected', 'ACK'],
  ['early', 'lost', 'early'],
  ['early', 'end', 'disconnecting', 'CANCEL'],
  ['early', 'reinvite', 'early', '491 INVITE'],
  ['early', 'bye', 'disconnecting', '200 BYE', 'CANCEL'],
  ['abandoned', 'end', 'disconnecting'],
  ['abandoned', '100', 'disconnecting', 'CANCEL'],
  ['abandoned', '1xx', 'disconnecting', 'CANCEL'],
  ['abandoned', '2xx', 'disconnecting', 'ACK', 'BYE'],
  ['abandoned', 'failure', 'disconnected', 'ACK'],
  ['abandoned', 'lost', 'disconnected', 'INVITE'],
  ['cancelling', 'end', 'disconnecting'],
  ['cancelling', '100', 'disconnecting'],
  ['cancelling', '1xx', 'disconnecting'],
  ['cancelling', '2xx', 'disconnecting', 'ACK', 'BYE'],
  ['cancelling', 'failure', 'disconnected', 'ACK'],
  ['cancelling', 'lost', 'disconnected'],
  ['cancelling', 'reinvite', 'disconnecting', '491 INVITE'],
  ['cancelling', 'bye', 'disconnecting', '200 BYE'],
  ['incoming', 'ring', 'early', '180 INVITE'],
  ['incoming', 'accept', 'connecting', '200 INVITE'],
  ['incoming', 'reject', 'disconnected', '603 INVITE'],
  ['incoming', 'end', 'disconnected', '480 INVITE'],
  ['incoming', 'cancelled', 'disconnected', '200 CANCEL', '487 INVITE'],
  ['alerting', 'ring', 'early', '180 INVITE'],
  ['alerting', 'accept', 'connecting', '200 INVITE'],
  ['alerting', 'reject', 'disconnected', '603 INVITE'],
  ['alerting', 'end', 'disconnected', '480 INVITE'],
  ['alerting', 'cancelled', 'disconnected', '200 CANCEL', '487 INVITE'],
  ['alerting', 'reinvite', 'early', '500 INVITE'],
  ['alerting', 'bye', 'disconnected', '200 BYE', '487 INVITE'],
  ['alerting', 'ack', 'early'],
  ['connecting', 'end', 'disconnecting'],
  ['connecting', 'ack', 'confirmed'],
  ['connecting', 'no-ack', 'disconnecting', '200 INVITE', 'BYE'],
  ['connecting', 'cancelled', 'connecting', '200 CANCEL'],
  ['connecting', 'reinvite', 'connecting', '491 INVITE'],
  ['connecting', 'bye', 'disconnected', '200 BYE'],
  ['closing', 'end', 'disconnecting'],
  ['closing', 'ack', 'disconnecting', 'BYE'],
  ['closing', 'no-ack', 'disconnecting', '200 INVITE', 'BYE'],
  ['closing', 'cancelled', 'disconnecting', '200 CANCEL'],
  ['closing', 'reinvite', 'disconnecting', '491 INVITE'],
  ['closing', 'bye', 'disconnected', '200 BYE'],
  ['confirmed', 'end', 'disconnecting', 'BYE'],
  ['confirmed', 'ack', 'confirmed'],
  ['confirmed', 'no-ack', 'confirmed'],
  ['confirmed', 'cancelled', 'confirmed', '200 CANCEL'],
  ['confirmed', 'reinvite', 'confirmed', '488 INVITE'],
  ['confirmed', 'bye', 'disconnected', '200 BYE'],
  ['confirmed', 'gone', 'disconnecting', 'INVITE', 'ACK', 'BYE'],
  ['disconnecting', 'end', 'disconnecting'],
  ['disconnecting', 'ack', 'disconnecting'],
  ['disconnecting', 'cancelled', 'disconnecting', '200 CANCEL'],
  ['disconnecting', 'reinvite', 'disconnecting', '481 INVITE'],
  ['disconnecting', 'bye', 'disconnecting', '200 BYE'],
  ['disconnecting', 'bye-done', 'disconnected'],
  ['disconnected', 'ring', 'disconnected'],
  ['disconnected', 'accept', 'disconnected'],
  ['disconnected', 'reject', 'disconnected'],
  ['disconnected', 'end', 'disconnected'],
  ['disconnected', 'ack', 'disconnected'],
  ['disconnected', 'cancelled', 'disconnected', '200 CANCEL'],
  ['disconnected', 'reinvite', 'disconnected', '481 INVITE'],
  ['disconnected', 'bye', 'disconnected', '481 BYE'],
]

describe('a call', () => {
  for (const [state, input, next, ...heard] of STEPS) {
    it(`${state} x ${input}`, async () => {
      await REACH[state as keyof typeof REACH]()
      expect(call.state).toBe(CALL_STATES[state])
      await stage.play(2)
      stage.heard()
      await CAUSE[input as keyof typeof CAUSE]()
      await stage.play(2)
      expect(call.state).toBe(next)
      expect([...stage.heard()].sort()).toEqual([...heard].sort())
    })
  }

  it('tells its application when it asks for what means nothing', async () => {
    for (const state of ['early', 'connecting', 'closing', 'confirmed', 'disconnecting'] as const) {
      stage = await Stage.set()
      await REACH[state]()
      for (const answer of [() => call.ring(), () => call.accept(), () => call.reject()]) {
        expect(answer).toThrow(`this one is ${call.state}`)
      }
    }
  })

  // Whatever happens first, it comes to an end in which nothing is left when the application wishes so.
  const inputs = Object.keys(CAUSE) as (keyof typeof CAUSE)[]
  for (const state of Object.keys(REACH) as (keyof typeof REACH)[]) {
    it.each(inputs)(`leaves nothing after ${state}, %s, end`, async (input) => {
      await REACH[state]()
      await quietly(CAUSE[input])()
      const ended = call.end()
      expect(await stage.left()).toEqual(NOTHING_LEFT)
      expect(call.state).toBe('disconnected')
      await ended
    })
  }
})
