import { TimeoutError } from 'sip-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { NOTHING_LEFT, Stage } from '../stage.fixture.ts'
import type { InviteSession } from './session.ts'

let stage: Stage
let call: InviteSession
let times: (readonly [at: number, what: string])[]

beforeEach(async () => {
  stage = await Stage.set()
  times = []
  call = await stage.invited()
  const start = stage.clock.now()
  stage.network.on('packet', ({ from, at, bytes }) => {
    const [first = '', second = ''] = String.fromCharCode(...bytes).split(' ')
    if (from.host === '192.0.2.1') times.push([at - start, first.startsWith('SIP') ? second : first])
  })
})

describe('the 2xx to an INVITE', () => {
  it('is sent again after T1, then after twice the time up to T2, until 64 * T1 are over; then BYE', async () => {
    call.accept({ sdp: 'v=0 alice' })
    await stage.play(32_000)
    expect(times.map(([at, what]) => `${what} at ${at}`)).toEqual([
      ...['200 at 0', '200 at 500', '200 at 1500', '200 at 3500', '200 at 7500', '200 at 11500'],
      ...['200 at 15500', '200 at 19500', '200 at 23500', '200 at 27500', '200 at 31500', 'BYE at 32000'],
    ])
    expect(call.state).toBe('disconnecting')
    await expect(call.established).rejects.toThrow('no ACK came for 32000 ms after the 2xx')
  })

  it('says why when the ACK never came and BYE is answered', async () => {
    const states: string[] = []
    call.on('state', (state, cause) => states.push(`${state} by ${cause.type}`))
    call.accept()
    await stage.play(32_010)
    await stage.answerTo('BYE', 200)
    expect(states).toEqual(['connecting by local', 'disconnecting by timeout', 'disconnected by local'])
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('is not sent again once a BYE has come, with or without its ACK', async () => {
    call.accept()
    await stage.play(2)
    await stage.say('BYE')
    await stage.play(10_000)
    expect(times.map(([at, what]) => `${what} at ${at}`)).toEqual(['200 at 0', '200 at 3'])
    expect(stage.heard()).toEqual(['200 INVITE', '200 BYE'])
  })

  it('confirms the dialog', async () => {
    call.accept()
    expect(call.dialog.state).toBe('confirmed')
  })

  it('is the same each time', async () => {
    call.accept({ sdp: 'v=0 alice' })
    await stage.play(2000)
    const texts = stage.peer.messages.map((message) => String(message.source))
    expect(texts).toHaveLength(3)
    expect(new Set(texts).size).toBe(1)
  })

  it.each([2, 499, 501, 7600])('is not sent again once its ACK has come, %i ms later', async (wait) => {
    call.accept()
    await stage.play(wait)
    await stage.say('ACK')
    const sent = times.length
    await stage.play(40_000)
    expect(times).toHaveLength(sent)
    expect(call.state).toBe('confirmed')
  })

  it('goes on being sent when an ACK to something else comes', async () => {
    call.accept()
    await stage.play(2)
    await stage.say('ACK', { seq: 77 })
    await stage.play(600)
    expect(times.map(([, what]) => what)).toEqual(['200', '200'])
    expect(call.state).toBe('connecting')
  })

  it('is sent again on reliable transports too, and says what this end can do and where it is', async () => {
    call.accept({ headers: { 'X-Note': 'yes' } })
    await stage.play(2)
    const { headers, contact, to } = stage.response(200)
    expect(headers.get('Allow')).toContain('BYE')
    expect(headers.get('X-Note')).toBe('yes')
    expect(String(contact?.uri)).toBe('sip:alice@192.0.2.1:5060')
    expect(to.tag).toBe(call.dialog.localTag)
  })
})

describe('a provisional response', () => {
  it('is repeated every minute until the final one', async () => {
    call.ring(183)
    await stage.play(130_000)
    call.reject(486)
    await stage.play(130_000)
    const said = times.map(([at, what]) => `${what} at ${at}`).filter((line) => !line.startsWith('486'))
    expect(said).toEqual(['183 at 0', '183 at 60000', '183 at 120000'])
  })

  it('is repeated as the latest one', async () => {
    call.ring(180)
    await stage.play(10_000)
    call.ring(183)
    await stage.play(61_000)
    expect(times.map(([at, what]) => `${what} at ${at}`)).toEqual([
      '180 at 0',
      '183 at 10000',
      '183 at 70000',
    ])
  })

  it('is 100 by itself when the application takes its time', async () => {
    await stage.play(1000)
    expect(times.map(([, what]) => what)).toEqual(['100'])
    expect(stage.response(100).to.tag).toBe(undefined)
  })
})

describe('a CANCEL', () => {
  it('is answered with the tag of the dialog, as the INVITE is', async () => {
    await stage.say('CANCEL')
    expect(stage.heard()).toEqual(['200 CANCEL', '487 INVITE'])
    expect(stage.response(200).to.tag).toBe(call.dialog.localTag)
    expect(stage.response(487).to.tag).toBe(call.dialog.localTag)
  })

  it('that crosses the 2xx changes nothing', async () => {
    call.accept()
    await stage.say('CANCEL')
    await stage.say('ACK')
    expect(call.state).toBe('confirmed')
    expect(stage.heard()).toEqual(['200 INVITE', '200 CANCEL'])
  })
})

it('waits 64 * T1 of its own endpoint', async () => {
  const quick = await Stage.set({ timers: { T1: 10, T2: 40 } })
  const incoming = await quick.invited()
  incoming.accept()
  const failure = incoming.established.catch((error) => error)
  await quick.play(639)
  expect(incoming.state).toBe('connecting')
  await quick.play(1)
  expect(incoming.state).toBe('disconnecting')
  expect(await failure).toBeInstanceOf(TimeoutError)
})
