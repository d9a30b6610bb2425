import { RejectedError, type StateError, TimeoutError } from 'sip-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { NOTHING_LEFT, Stage } from '../stage.fixture.ts'
import { REINVITE_TABLE, type ReinviteInput, type ReinviteState } from './reinvite.fsm.ts'
import type { IncomingReinvite } from './reinvite.ts'
import type { InviteSession } from './session.ts'

// Written from RFC 3261 §14 and §12.2.1.2, not from the table: what is not here, does nothing.
const EXPECTED = `
idle      send       offering   send-invite
idle      arrived    offered    ask
offering  2xx        idle       succeed
offering  failure    idle       fail
offering  gone       idle       fail end-call
offering  arrived    offering   refuse-glare
offering  ended      idle       fail limit
offered   accept     answered   send-response
offered   reject     idle       send-response
offered   arrived    offered    refuse-busy
offered   cancelled  idle       refuse
offered   ended      idle       refuse
answered  arrived    answered   refuse-glare
answered  ack        idle
answered  no-ack     idle       end-call
answered  ended      idle
`

const INPUTS: readonly ReinviteInput[] = [
  ...(['send', 'accept', 'reject', '2xx', 'failure', 'gone'] as const),
  ...(['arrived', 'ack', 'no-ack', 'cancelled', 'ended'] as const),
]

const rows = EXPECTED.trim()
  .split('\n')
  .map((line) => line.split(/\s+/))

describe('the table of re-INVITEs', () => {
  const states = Object.keys(REINVITE_TABLE) as ReinviteState[]
  for (const state of states) {
    it.each(INPUTS)(`${state} x %s`, (input) => {
      const row = rows.find(([from, by]) => from === state && by === input)
      const expected = row === undefined ? null : { next: row[2], actions: row.slice(3) }
      expect(REINVITE_TABLE[state][input]).toEqual(expected)
    })
  }

  it('has no other inputs, and expects no other states', () => {
    for (const state of states) expect(Object.keys(REINVITE_TABLE[state]).sort()).toEqual([...INPUTS].sort())
    expect(new Set(rows.flatMap(([from, , next]) => [from, next]))).toEqual(new Set(states))
  })
})

let stage: Stage
let call: InviteSession
let asked: IncomingReinvite[]
let results: (string | undefined | Error)[]

const OFFER = { sdp: 'v=0 alice again' }

/** Every re-INVITE test begins with a call that is up. */
beforeEach(async () => {
  stage = await Stage.set()
  asked = []
  results = []
  call = await stage.invited()
  call.accept({ sdp: 'v=0 alice' })
  await stage.play(2)
  await stage.say('ACK')
  call.on('reinvite', (reinvite) => asked.push(reinvite))
  stage.heard()
})

const send = async () => {
  call.reinvite(OFFER).then(
    (sdp) => results.push(sdp),
    (error) => results.push(error),
  )
  await stage.play(2)
}
const newest = () => asked.at(-1) as IncomingReinvite

const REACH: Readonly<Record<ReinviteState, () => Promise<void>>> = {
  idle: async () => {},
  offering: send,
  offered: () => stage.say('INVITE', { sdp: 'v=0 peer again' }),
  answered: async () => {
    await REACH.offered()
    newest().accept({ sdp: 'v=0 alice answers' })
    await stage.play(2)
  },
}

const CAUSE: Readonly<Record<ReinviteInput, () => Promise<void>>> = {
  send,
  accept: async () => newest().accept({ sdp: 'v=0 alice answers' }),
  reject: async () => newest().reject(),
  '2xx': () => stage.answer(200, { sdp: 'v=0 peer answers' }),
  failure: () => stage.answer(488),
  gone: () => stage.answer(481),
  arrived: () => stage.say('INVITE', { sdp: 'v=0 peer again' }),
  ack: () => stage.say('ACK'),
  'no-ack': () => stage.play(33_000),
  cancelled: () => stage.say('CANCEL'),
  ended: async () => void call.end(),
}

const STEPS: readonly (readonly [
  ReinviteState,
  ReinviteInput,
  'confirmed' | 'disconnecting',
  ...string[],
])[] = [
  ['idle', 'send', 'confirmed', 'INVITE'],
  ['idle', 'arrived', 'confirmed'],
  ['idle', 'ack', 'confirmed'],
  ['idle', 'cancelled', 'confirmed', '200 CANCEL'],
  ['idle', 'ended', 'disconnecting', 'BYE'],
  ['offering', 'send', 'confirmed'],
  ['offering', '2xx', 'confirmed', 'ACK'],
  ['offering', 'failure', 'confirmed', 'ACK'],
  ['offering', 'gone', 'disconnecting', 'ACK', 'BYE'],
  ['offering', 'arrived', 'confirmed', '491 INVITE'],
  ['offering', 'ack', 'confirmed'],
  ['offering', 'cancelled', 'confirmed', '200 CANCEL'],
  ['offering', 'ended', 'disconnecting', 'BYE'],
  ['offered', 'send', 'confirmed'],
  ['offered', 'accept', 'confirmed', '200 INVITE'],
  ['offered', 'reject', 'confirmed', '488 INVITE'],
  ['offered', 'arrived', 'confirmed', '500 INVITE'],
  ['offered', 'cancelled', 'confirmed', '200 CANCEL', '487 INVITE'],
  ['offered', 'ended', 'disconnecting', '487 INVITE', 'BYE'],
  ['answered', 'send', 'confirmed'],
  ['answered', 'accept', 'confirmed'],
  ['answered', 'reject', 'confirmed'],
  ['answered', 'arrived', 'confirmed', '491 INVITE'],
  ['answered', 'ack', 'confirmed'],
  ['answered', 'no-ack', 'disconnecting', '200 INVITE', 'BYE'],
  ['answered', 'cancelled', 'confirmed', '200 CANCEL'],
  ['answered', 'ended', 'disconnecting', 'BYE'],
]

describe('a change of a call', () => {
  for (const [state, input, next, ...heard] of STEPS) {
    it(`${state} x ${input}`, async () => {
      await REACH[state]()
      stage.heard()
      await CAUSE[input]()
      await stage.play(2)
      expect(call.state).toBe(next)
      expect([...stage.heard()].sort()).toEqual([...heard].sort())
    })

    it(`leaves nothing after ${state}, ${input}, end`, async () => {
      await REACH[state]()
      await CAUSE[input]()
      void call.end()
      expect(await stage.left()).toEqual(NOTHING_LEFT)
    })
  }

  it('has an end for whoever asked', async () => {
    await send()
    await CAUSE['2xx']()
    expect(results).toEqual(['v=0 peer answers'])
    expect([call.localSdp, call.remoteSdp]).toEqual([OFFER.sdp, 'v=0 peer answers'])
    await send()
    await CAUSE.failure()
    expect((results[1] as RejectedError).response.status).toBe(488)
    expect([call.localSdp, call.remoteSdp]).toEqual([OFFER.sdp, 'v=0 peer answers'])
    await send()
    await send()
    expect((results[2] as StateError).message).toContain('under way already')
    void call.end()
    await stage.play(2)
    expect((results[3] as StateError).message).toBe('the call has ended')
  })

  it.each([481, 408])('ends the call when the peer answers %i', async (status) => {
    await send()
    await stage.answer(status)
    expect(results[0]).toBeInstanceOf(RejectedError)
    expect(stage.heard()).toEqual(['INVITE', 'ACK', 'BYE'])
  })

  it('ends the call when the peer does not answer', async () => {
    await send()
    await stage.play(32_000)
    expect(results[0]).toBeInstanceOf(TimeoutError)
    expect(call.state).toBe('disconnecting')
  })

  it('leaves the call up when the request could not be sent', async () => {
    const transport = stage.endpoint.transports.transports[0]
    await transport?.close()
    await send()
    await stage.play(100)
    expect(results[0]).toMatchObject({ code: 'SIP_TRANSPORT' })
    expect(call.state).toBe('confirmed')
  })

  it('takes over what both ends have agreed upon, and nothing else', async () => {
    const heard: string[] = []
    call.on('remote-sdp', (sdp) => heard.push(sdp))
    await REACH.offered()
    expect([newest().sdp, call.remoteSdp]).toEqual(['v=0 peer again', 'v=0 peer'])
    newest().reject()
    await stage.play(2)
    await stage.say('ACK')
    expect([call.localSdp, call.remoteSdp]).toEqual(['v=0 alice', 'v=0 peer'])
    await REACH.answered()
    expect([call.localSdp, call.remoteSdp]).toEqual(['v=0 alice answers', 'v=0 peer again'])
    expect(heard).toEqual(['v=0 peer again'])
  })

  it('takes the answer to its offer out of the ACK, once', async () => {
    await stage.say('INVITE')
    expect(newest().sdp).toBe(undefined)
    newest().accept({ sdp: 'v=0 alice offers' })
    await stage.play(2)
    await stage.say('ACK', { sdp: 'v=0 peer answers' })
    expect([call.localSdp, call.remoteSdp]).toEqual(['v=0 alice offers', 'v=0 peer answers'])
    await send()
    await stage.answer(200, { sdp: 'v=0 peer newer' })
    await stage.say('ACK', { sdp: 'v=0 peer answers' })
    expect(call.remoteSdp).toBe('v=0 peer newer')
  })

  it('does not take a late CANCEL of an earlier one for the present one', async () => {
    await stage.say('INVITE', { seq: 50 })
    newest().reject()
    await stage.play(2)
    const late = stage.peer.messages.length
    await stage.say('INVITE', { seq: 51 })
    await stage.say('CANCEL', { seq: 50, lines: ['Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKi50;rport'] })
    const came = stage.peer.messages
      .slice(late)
      .map((message) => message.kind === 'response' && message.status)
    expect(came).toEqual([200])
    newest().accept({ sdp: 'v=0 alice answers' })
    await stage.play(2)
    expect(stage.heard().at(-1)).toBe('200 INVITE')
  })

  it('answers one wish once, and none that was taken back', async () => {
    await REACH.offered()
    const first = newest()
    await stage.say('CANCEL')
    await REACH.offered()
    stage.heard()
    first.accept({ sdp: 'v=0 late' })
    await stage.play(2)
    expect(stage.heard()).toEqual([])
    expect(call.localSdp).toBe('v=0 alice')
  })

  it('refuses with nothing but a refusal', async () => {
    await REACH.offered()
    expect(() => newest().reject(200)).toThrow('300 to 699')
    newest().reject(606)
    await stage.play(2)
    expect(stage.heard()).toEqual(['606 INVITE'])
  })

  it('has the peer wait for 0 to 10 seconds while another wish of its is open', async () => {
    const waits = new Set<number>()
    await REACH.offered()
    for (let i = 0; i < 200; i++) {
      await stage.say('INVITE')
      waits.add(Number(stage.response(500).headers.get('Retry-After')))
    }
    expect([...waits].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('acknowledges the 2xx that comes after BYE, as often as it comes', async () => {
    await send()
    void call.end()
    await stage.play(2)
    stage.heard()
    await stage.answer(200)
    await stage.answer(200)
    expect(stage.peer.heard()).toEqual(['ACK', 'ACK'])
    await stage.answerTo('BYE', 200)
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('outlives the call by no more than 64 * T1 when the peer never ends it', async () => {
    await stage.play(33_000)
    await send()
    await stage.answer(100)
    void call.end()
    await stage.play(2)
    await stage.answerTo('BYE', 200)
    expect(call.state).toBe('disconnected')
    await stage.play(31_900)
    expect(stage.endpoint.transactions.size).toBe(1)
    await stage.play(200)
    expect(stage.endpoint.transactions.size).toBe(0)
  })

  it('is not given up because an earlier one has had its time', async () => {
    await send()
    await CAUSE['2xx']()
    await stage.play(31_000)
    await send()
    await stage.answer(100)
    await stage.play(5000)
    expect(results).toEqual(['v=0 peer answers'])
    await CAUSE['2xx']()
    expect(results).toEqual(['v=0 peer answers', 'v=0 peer answers'])
  })

  it('is not accepted any longer once the call has ended', async () => {
    await REACH.answered()
    await stage.say('BYE')
    stage.peer.heard()
    await stage.play(10_000)
    expect(stage.peer.heard()).toEqual([])
  })

  it('says what this end can do', async () => {
    await send()
    expect(stage.peer.last('INVITE').headers.get('Allow')).toContain('BYE')
  })

  it('refuses a body that nobody reads', async () => {
    await stage.say('INVITE', { lines: ['Content-Type: text/plain'], sdp: 'v=0' })
    expect(stage.heard()).toEqual(['415 INVITE'])
    expect(asked).toEqual([])
  })
})
