import { SipRequest, StateError, TransportError } from 'sip-core'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { NOTHING_LEFT, Stage } from '../stage.fixture.ts'
import type { InviteSession } from './session.ts'

let stage: Stage

beforeEach(async () => {
  stage = await Stage.set()
})

/** An incoming call that is up. */
async function up(): Promise<InviteSession> {
  const call = await stage.invited()
  call.accept({ sdp: 'v=0 alice' })
  await stage.play(2)
  await stage.say('ACK')
  stage.heard()
  return call
}

function statesOf(call: InviteSession): string[] {
  const states: string[] = []
  call.on('state', (state, cause) => states.push(`${state} by ${cause.type}`))
  return states
}

describe('a race', () => {
  it('200 crosses CANCEL', async () => {
    const call = await stage.call()
    await stage.answer(180)
    void call.end()
    await stage.answer(200)
    expect(stage.heard()).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE'])
    await stage.answerTo('CANCEL', 481)
    await stage.answerTo('BYE', 200)
    expect(call.state).toBe('disconnected')
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('a caller hangs up before anything has come back', async () => {
    const call = await stage.call()
    void call.end()
    await stage.play(400)
    expect(stage.heard()).toEqual(['INVITE'])
    await stage.answer(100)
    expect(stage.heard()).toEqual(['CANCEL'])
    await stage.answerTo('CANCEL', 200)
    await stage.answer(487)
    expect(stage.heard()).toEqual(['ACK'])
    await expect(call.established).rejects.toBeInstanceOf(StateError)
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('two BYEs cross', async () => {
    const call = await up()
    void call.end()
    await stage.say('BYE')
    expect(stage.heard()).toEqual(['BYE', '200 BYE'])
    expect(call.state).toBe('disconnecting')
    await stage.answerTo('BYE', 200)
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('BYE comes before the ACK', async () => {
    const call = await stage.invited()
    call.accept()
    await stage.play(2)
    await stage.say('BYE')
    await stage.say('ACK')
    expect(stage.heard()).toEqual(['200 INVITE', '200 BYE'])
    await expect(call.established).rejects.toThrow('the peer sent BYE')
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('BYE comes while the application thinks about a re-INVITE', async () => {
    const call = await up()
    call.on('reinvite', () => {})
    await stage.say('INVITE', { sdp: 'v=0 again' })
    await stage.say('BYE')
    expect(stage.heard()).toEqual(['200 BYE', '487 INVITE'])
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('BYE comes while a re-INVITE of this end is open', async () => {
    const call = await up()
    const change = call.reinvite({ sdp: 'v=0 again' }).catch((error) => error)
    await stage.play(2)
    await stage.say('BYE')
    await stage.answerTo('INVITE', 487)
    expect(stage.heard()).toEqual(['INVITE', '200 BYE', 'ACK'])
    expect(await change).toBeInstanceOf(StateError)
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('a BYE that was overtaken by another request is sent again', async () => {
    const call = await up()
    void call.end()
    await stage.play(2)
    const overtaking = call.dialog.createRequest('NOTIFY')
    expect(overtaking.cseq.seq).toBe(2)
    await stage.answerTo('BYE', 500)
    expect(call.state).toBe('disconnecting')
    expect(stage.peer.last('BYE').cseq.seq).toBe(3)
    // Until the first one's transaction is over, and beyond.
    await stage.play(6000)
    expect(call.state).toBe('disconnecting')
    await stage.answerTo('BYE', 200)
    expect(call.state).toBe('disconnected')
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('a BYE that is answered 500 for its own sake is not', async () => {
    const call = await up()
    void call.end()
    await stage.play(2)
    await stage.answerTo('BYE', 500)
    expect(call.state).toBe('disconnected')
    expect(stage.heard()).toEqual(['BYE'])
  })

  it('the peer never answers BYE', async () => {
    const call = await up()
    const states = statesOf(call)
    void call.end()
    await stage.play(32_000)
    expect(states).toEqual(['disconnecting by local', 'disconnected by timeout'])
    expect(await call.ended).toEqual({ type: 'local' })
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('an application accepts after the caller gave up', async () => {
    const call = await stage.invited()
    await stage.say('CANCEL')
    stage.heard()
    call.accept()
    call.ring()
    call.reject()
    await stage.play(10)
    expect(stage.heard()).toEqual([])
    expect(call.state).toBe('disconnected')
    expect(call.localSdp).toBe(undefined)
  })

  it('end() is called twice', async () => {
    const call = await up()
    const ends = [call.end(), call.end()]
    await stage.play(2)
    await stage.answerTo('BYE', 200)
    await Promise.all(ends)
    await call.end()
    expect(stage.peer.heard()).toEqual(['BYE'])
  })

  it('a request comes with a number that is gone', async () => {
    const call = await up()
    await stage.say('BYE', { seq: 0 })
    expect(stage.heard()).toEqual(['500 BYE'])
    expect(call.state).toBe('confirmed')
  })

  it('a request within the call cannot be read', async () => {
    const call = await up()
    await stage.say('INVITE', { lines: ['Contact: <<>'] })
    expect(stage.heard()).toEqual(['400 INVITE'])
    expect(call.state).toBe('confirmed')
  })

  it('an ACK comes before its 2xx was sent', async () => {
    const call = await stage.invited()
    call.ring()
    await stage.play(2)
    await stage.say('ACK', { sdp: 'v=0 mischief' })
    expect([call.state, call.remoteSdp]).toEqual(['early', 'v=0 peer'])
  })

  it('a late ACK comes twice', async () => {
    const call = await stage.invited({})
    call.accept({ sdp: 'v=0 alice' })
    await stage.play(2)
    await stage.say('ACK', { sdp: 'v=0 peer' })
    const change = call.reinvite({ sdp: 'v=0 alice again' })
    await stage.play(2)
    await stage.answer(200, { sdp: 'v=0 peer again' })
    await change
    await stage.say('ACK', { seq: 1, sdp: 'v=0 peer' })
    expect(call.remoteSdp).toBe('v=0 peer again')
  })
})

describe('a network that fails at once', () => {
  const break_ = async () => {
    for (const transport of stage.endpoint.transports.transports) await transport.close()
  }

  it('ends a call that is placed', async () => {
    await break_()
    const call = stage.ua.invite('sip:peer@192.0.2.2')
    await stage.play(1)
    await expect(call.established).rejects.toBeInstanceOf(TransportError)
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('does not keep a call from ending', async () => {
    const call = await up()
    await break_()
    const states = statesOf(call)
    await Promise.all([call.end(), stage.play(1)])
    expect(states).toEqual(['disconnecting by local', 'disconnected by transport-error'])
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('leaves an accepted call to its timer', async () => {
    const call = await stage.invited()
    await break_()
    call.accept()
    await stage.play(31_999)
    expect(call.state).toBe('connecting')
    expect(await stage.left()).toEqual(NOTHING_LEFT)
    expect(call.state).toBe('disconnected')
  })
})

describe('a listener', () => {
  it('hears of things in their order, though another one acts upon the first of them', async () => {
    const call = await stage.call()
    call.on('state', (state) => {
      if (state === 'confirmed') void call.end()
    })
    const states = statesOf(call)
    call.on('remote-sdp', (sdp) => states.push(sdp))
    await stage.answer(200, { sdp: 'v=0 peer' })
    await stage.answerTo('BYE', 200)
    expect(states).toEqual([
      ...['confirmed by response', 'v=0 peer', 'disconnecting by local', 'disconnected by local'],
    ])
    await call.established
    expect(await call.ended).toEqual({ type: 'local' })
  })

  it('finds the session description when it hears of the state', async () => {
    const call = await stage.call()
    const seen: unknown[] = []
    call.on('state', () => seen.push(call.remoteSdp))
    await stage.answer(183, { sdp: 'v=0 early' })
    await stage.answer(200, { sdp: 'v=0 peer' })
    expect(seen).toEqual(['v=0 early', 'v=0 peer'])
  })

  it('finds its own description when it hears that the call was accepted', async () => {
    const call = await stage.invited()
    const seen: unknown[] = []
    call.on('state', () => seen.push(call.localSdp))
    call.accept({ sdp: 'v=0 alice' })
    expect(seen).toEqual(['v=0 alice'])
  })

  it.each(['early', 'confirmed', 'disconnected'])('may end the call as it hears of %s', async (when) => {
    const call = await stage.call()
    call.on('state', (state) => {
      if (state === when) void call.end()
    })
    await stage.answer(180)
    await stage.answer(200)
    await stage.say('BYE')
    expect(await stage.left()).toEqual(NOTHING_LEFT)
    expect(call.state).toBe('disconnected')
  })

  it('that throws keeps nobody from anything', async () => {
    const surfaced: unknown[] = []
    const microtask = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => surfaced.push(task))
    const call = await stage.call()
    for (const event of ['state', 'progress', 'remote-sdp'] as const) {
      call.on(event, () => {
        throw new Error(`thrown in ${event}`)
      })
    }
    const states = statesOf(call)
    await stage.answer(180)
    await stage.answer(200, { sdp: 'v=0 peer' })
    expect(surfaced).toHaveLength(4)
    await call.established
    void call.end()
    expect(await stage.left()).toEqual(NOTHING_LEFT)
    microtask.mockRestore()
    expect(states.map((line) => line.split(' ')[0])).toEqual([
      ...['early', 'confirmed', 'disconnecting', 'disconnected'],
    ])
  })

  it('of a re-INVITE that throws leaves the peer waiting and the call up, until it ends', async () => {
    const surfaced: unknown[] = []
    const microtask = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => surfaced.push(task))
    const call = await up()
    call.on('reinvite', () => {
      throw new Error('no')
    })
    await stage.say('INVITE', { sdp: 'v=0 again' })
    microtask.mockRestore()
    expect([surfaced.length, call.state]).toEqual([1, 'confirmed'])
    void call.end()
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('hears of every provisional response, and of no 100', async () => {
    const call = await stage.call()
    const heard: string[] = []
    call.on('progress', (status, reason) => heard.push(`${status} ${reason}`))
    for (const status of [100, 180, 100, 183, 180]) await stage.answer(status)
    void call.end()
    await stage.answer(180)
    expect(heard).toEqual(['180 Scripted', '183 Scripted', '180 Scripted'])
  })
})

describe('what cannot be sent', () => {
  it('is refused before anything has happened', async () => {
    const call = await stage.invited()
    const bad = { headers: { 'X-Note': 'a\r\nb' } }
    expect(() => call.ring(180, bad)).toThrow('X-Note')
    expect(() => call.accept(bad)).toThrow('X-Note')
    expect(() => call.reject(486, bad)).toThrow('X-Note')
    await expect(call.end({ reason: 'a\r\nb' })).rejects.toMatchObject({ code: 'SIP_ARGUMENT' })
    await stage.play(2)
    expect([call.state, stage.heard()]).toEqual(['incoming', []])
    call.accept()
    await stage.play(2)
    expect(stage.heard()).toEqual(['200 INVITE'])
  })

  it('leaves no dialog behind', () => {
    expect(() => stage.ua.invite('sip:peer@192.0.2.2', { headers: { 'X-Note': 'a\r\nb' } })).toThrow('X-Note')
    expect([stage.ua.dialogs.size, stage.ua.calls.size]).toEqual([0, 0])
  })

  it('has a status that says what is meant', async () => {
    const call = await stage.invited()
    for (const status of [99, 100, 200, 486]) expect(() => call.ring(status)).toThrow('101 to 199')
    for (const status of [180, 200, 700]) {
      expect(() => call.reject(status)).toThrow('300 to 699')
      await expect(call.end({ status })).rejects.toThrow('300 to 699')
    }
    expect(call.state).toBe('incoming')
    void call.end({ status: 486, reason: 'Busy, sorry' })
    await stage.play(2)
    expect(stage.response(486).reason).toBe('Busy, sorry')
  })
})

it('sends the BYE within the dialog, with the next number', async () => {
  const call = await stage.call()
  await stage.answer(200, { lines: ['Contact: <sip:desk@192.0.2.2>'] })
  void call.end()
  await stage.play(2)
  const bye = stage.peer.last('BYE')
  expect(bye).toBeInstanceOf(SipRequest)
  expect(bye.cseq.seq).toBe(stage.invite.cseq.seq + 1)
  expect(String(bye.uri)).toBe('sip:desk@192.0.2.2')
  expect([bye.from.tag, bye.to.tag, bye.callId]).toEqual([stage.invite.from.tag, 'peer', stage.invite.callId])
})
