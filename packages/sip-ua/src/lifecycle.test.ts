import { describe, expect, it } from 'vitest'
import { DialogLayer } from './dialog/index.ts'
import { NOTHING_LEFT, Stage } from './stage.fixture.ts'

/** A stage with one call of each kind: up, ringing here, and ringing there. */
async function busy() {
  const stage = await Stage.set()
  const up = await stage.call()
  await stage.answer(200, { sdp: 'v=0 peer' })
  const there = await stage.call()
  await stage.answer(180)
  const here = await stage.invited()
  here.ring()
  await stage.play(2)
  stage.heard()
  return { stage, up, there, here }
}

describe('an endpoint that is closed gracefully', () => {
  it('has every call ended as it needs it, and waits for the answers', async () => {
    const { stage, up, there, here } = await busy()
    let closed = false
    void stage.endpoint.close({ graceful: 5000 }).then(() => {
      closed = true
    })
    await stage.play(2)
    expect(new Set(stage.heard())).toEqual(new Set(['BYE', 'CANCEL', '480 INVITE']))
    await stage.answerTo('BYE', 200)
    await stage.answerTo('CANCEL', 200)
    expect([up.state, here.state, closed]).toEqual(['disconnected', 'disconnected', false])
    await stage.answerTo('INVITE', 487)
    expect([there.state, closed]).toEqual(['disconnected', true])
    expect(stage.clock.pending).toBe(0)
  })

  it('is closed in the end, whether the peers answer or not', async () => {
    const { stage, up, there, here } = await busy()
    const closed = stage.endpoint.close({ graceful: 5000 })
    await stage.play(5000)
    await closed
    expect([up, there, here].map(({ state }) => state)).toEqual(Array(3).fill('disconnected'))
    expect(stage.clock.pending).toBe(0)
  })

  it('at once says what it can', async () => {
    const { stage, up, there, here } = await busy()
    await stage.endpoint.close()
    await stage.play(2)
    expect(new Set(stage.heard())).toEqual(new Set(['BYE', 'CANCEL', '480 INVITE']))
    expect([up, there, here].map(({ state }) => state)).toEqual(Array(3).fill('disconnected'))
    expect(stage.clock.pending).toBe(0)
  })
})

it('an endpoint that drains takes no new calls, and is done when the last one ends', async () => {
  const { stage, up, there, here } = await busy()
  let drained = false
  void stage.endpoint.drain().then(() => {
    drained = true
  })
  stage.peer.open('INVITE', { host: '192.0.2.1', port: 5060 })
  await stage.play(2)
  expect(stage.heard()).toEqual(['503 INVITE'])
  here.accept({ sdp: 'v=0 alice' })
  await stage.say('ACK')
  await stage.say('BYE')
  void there.end()
  await stage.play(2)
  await stage.answerTo('CANCEL', 200)
  await stage.answer(487)
  expect(drained).toBe(false)
  expect(up.state).toBe('confirmed')
  void up.end()
  await stage.play(2)
  await stage.answerTo('BYE', 200)
  expect(stage.ua.calls.size).toBe(0)
  expect(drained).toBe(true)
})

describe('more calls than there may be dialogs', () => {
  it('are answered with 503, and those that are there go on', async () => {
    const stage = await Stage.set({ limits: { dialogs: 1, retryAfter: 5 } })
    const call = await stage.invited()
    const other = 'Call-ID: other'
    await stage.invited({ lines: [other] })
    expect(stage.incoming).toHaveLength(1)
    expect(stage.heard()).toEqual(['503 INVITE'])
    expect(stage.response(503).headers.get('Retry-After')).toBe('5')
    expect(() => stage.ua.invite('sip:peer@192.0.2.2')).toThrow(
      expect.objectContaining({ code: 'SIP_LIMIT' }),
    )
    expect([stage.ua.calls.size, DialogLayer.of(stage.endpoint).size]).toEqual([1, 1])
    call.reject(486)
    expect(await stage.left()).toEqual(NOTHING_LEFT)
    await stage.invited({ lines: [other] })
    expect(stage.incoming).toHaveLength(2)
  })
})
