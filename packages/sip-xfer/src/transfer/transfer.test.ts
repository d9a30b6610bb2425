import { describe, expect, it } from 'vitest'
import { Stage } from './stage.fixture.ts'

const NO_RESOURCE = 'terminated;reason=noresource'

/** A transfer that the peer has agreed to. */
async function accepted(init: Parameters<Stage['transfer']>[0] = {}) {
  const stage = await Stage.set()
  const watched = await stage.transfer(init)
  await stage.answer('REFER', 202)
  return { stage, ...watched }
}

describe('an outcome', () => {
  it('comes with the final status, and the call ends', async () => {
    const { stage, told, transfer } = await accepted()
    expect(await stage.notify('active', '100 Trying')).toBe(200)
    expect(stage.call.state).toBe('confirmed')
    expect(await stage.notify(NO_RESOURCE, '200 OK')).toBe(200)
    expect(told).toEqual(['100 Trying', '200 OK', 'transferred'])
    expect(await transfer.outcome).toEqual({ result: 'transferred', status: 200, reason: 'OK' })
    expect(stage.peer.heard()).toContain('BYE')
    await stage.expectNothingLeft()
  })

  it('comes though the REFER is answered with 200', async () => {
    const stage = await Stage.set()
    const { told } = await stage.transfer()
    await stage.answer('REFER', 200)
    await stage.notify(NO_RESOURCE, '486 Busy Here')
    expect(told).toEqual(['486 Busy Here', 'failed: target'])
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('is unknown when the last NOTIFY has no body', async () => {
    const { stage, told, transfer } = await accepted()
    expect(await stage.notify(NO_RESOURCE)).toBe(200)
    expect(told).toEqual(['unknown: terminated'])
    expect(await transfer.outcome).toEqual({
      result: 'unknown',
      cause: { type: 'terminated', reason: 'noresource' },
    })
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('is unknown when the last NOTIFY tells of no final status', async () => {
    const { stage, told } = await accepted()
    await stage.notify('terminated;reason=giveup', '180 Ringing')
    expect(told).toEqual(['180 Ringing', 'unknown: terminated'])
    await stage.expectNothingLeft()
  })

  it('comes when the subscription expires after nothing but a 100', async () => {
    const { stage, told } = await accepted()
    await stage.notify('active;expires=60', '100 Trying')
    await stage.play(60_000 + 31_000)
    expect(told).toEqual(['100 Trying'])
    await stage.play(2000)
    expect(told).toEqual(['100 Trying', 'unknown: timeout'])
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('comes when no NOTIFY follows the 202 (timer N)', async () => {
    const { stage, told, transfer } = await accepted()
    await stage.play(31_900)
    expect(told).toEqual([])
    await stage.play(200)
    expect(told).toEqual(['unknown: timeout'])
    expect(await transfer.outcome).toMatchObject({ cause: { error: { timer: 'N' } } })
    await stage.expectNothingLeft()
  })

  it('comes when nobody answers the REFER', async () => {
    const stage = await Stage.set()
    const { told } = await stage.transfer()
    await stage.play(32_100)
    expect(told).toEqual(['unknown: timeout'])
    await stage.expectNothingLeft()
  })

  it('is unknown when the REFER is answered with 204, which says that nothing will be told', async () => {
    const stage = await Stage.set()
    const { told } = await stage.transfer()
    await stage.answer('REFER', 204)
    expect(told).toEqual(['unknown: terminated'])
    await stage.expectNothingLeft()
  })

  it('is unknown when the 202 says that there is no subscription (RFC 4488)', async () => {
    const stage = await Stage.set()
    const { told } = await stage.transfer()
    await stage.answer('REFER', 202, 'Refer-Sub: false')
    expect(told).toEqual(['unknown: terminated'])
    await stage.expectNothingLeft()
  })

  it('is the refusal of the REFER, whatever a NOTIFY before it has said', async () => {
    for (const status of [404, 603]) {
      const stage = await Stage.set()
      const { told } = await stage.transfer()
      await stage.notify('active', '100 Trying')
      await stage.answer('REFER', status)
      expect(told).toEqual(['100 Trying', 'failed: refused'])
      expect(stage.call.state).toBe('confirmed')
      await stage.expectNothingLeft()
    }
  })

  it('is not the refusal of a refresh', async () => {
    const { stage, told, transfer } = await accepted()
    await stage.notify('active', '100 Trying')
    transfer.subscriber.refresh()
    await stage.play(5)
    await stage.answer('SUBSCRIBE', 603)
    expect(told).toEqual(['100 Trying'])
    await stage.notify(NO_RESOURCE, '200 OK')
    expect(told.at(-1)).toBe('transferred')
    await stage.expectNothingLeft()
  })

  it('is unknown when the peer has forgotten the subscription, as a refresh brings to light', async () => {
    const { stage, told, transfer } = await accepted()
    await stage.notify('active', '100 Trying')
    transfer.subscriber.refresh()
    await stage.play(5)
    await stage.answer('SUBSCRIBE', 481)
    expect(told).toEqual(['100 Trying', 'unknown: terminated'])
    await stage.expectNothingLeft()
  })

  it.each([
    ['before the REFER is answered', []],
    ['before the first NOTIFY', [202]],
    ['after a NOTIFY', [202, 100]],
  ])('comes when the endpoint is closed %s', async (_, [answer, status]) => {
    const stage = await Stage.set()
    const { told } = await stage.transfer()
    if (answer !== undefined) await stage.answer('REFER', answer)
    if (status !== undefined) await stage.notify('active', `${status} Trying`)
    await stage.endpoint.close()
    expect(told.at(-1)).toMatch(/^unknown: /)
    // What is on its way in the network arrives; no timer of the endpoint's is left.
    await stage.play(10)
    expect(stage.clock.pending).toBe(0)
  })

  it('comes when the application ends the subscription', async () => {
    const { stage, told, transfer } = await accepted()
    transfer.subscriber.terminate()
    expect(told).toEqual(['unknown: terminated'])
    await stage.expectNothingLeft()
  })
})

describe('a final status in a NOTIFY that says active', () => {
  it('is the outcome; the peer is asked to end the subscription, and its last NOTIFY is welcome', async () => {
    const { stage, told } = await accepted()
    stage.peer.heard()
    await stage.notify('active', '486 Busy Here')
    expect(told).toEqual(['486 Busy Here', 'failed: target'])
    expect(stage.peer.heard()).toEqual(['200 NOTIFY', 'SUBSCRIBE'])
    expect(stage.peer.last('SUBSCRIBE').headers.get('Expires')).toBe('0')
    await stage.answer('SUBSCRIBE', 200, 'Expires: 0')
    expect(await stage.notify('terminated;reason=timeout', '486 Busy Here')).toBe(200)
    expect(told).toEqual(['486 Busy Here', 'failed: target'])
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('ends the call when it is 2xx', async () => {
    const { stage, told } = await accepted()
    stage.peer.heard()
    await stage.notify('active', '200 OK')
    expect(told).toEqual(['200 OK', 'transferred'])
    expect(stage.peer.heard()).toEqual(expect.arrayContaining(['SUBSCRIBE', 'BYE']))
    await stage.expectNothingLeft()
  })

  it.each([405, 501, 603])('leaves nothing at a peer that answers the SUBSCRIBE with %i', async (status) => {
    const { stage, transfer } = await accepted()
    await stage.notify('active', '486 Busy Here')
    await stage.answer('SUBSCRIBE', status)
    expect(transfer.subscriber.state).toBe('terminated')
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('leaves nothing at a peer that says no more', async () => {
    const { stage, transfer } = await accepted()
    await stage.notify('active', '486 Busy Here')
    await stage.play(33_000)
    expect(transfer.subscriber.state).toBe('terminated')
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('asks nothing when a listener has ended the subscription already', async () => {
    const { stage, told, transfer } = await accepted()
    transfer.on('progress', () => transfer.subscriber.terminate())
    stage.peer.heard()
    await stage.notify('active', '486 Busy Here')
    expect(told[0]).toBe('486 Busy Here')
    expect(told).toHaveLength(2)
    expect(stage.peer.heard()).toEqual(['200 NOTIFY'])
    await stage.expectNothingLeft()
  })
})

describe('after the outcome', () => {
  it('nothing more is told, whatever the peer says', async () => {
    const { stage, told, transfer } = await accepted({ hangUp: 'never' })
    await stage.notify('active', '486 Busy Here')
    expect(await stage.notify('active', '180 Ringing')).toBe(200)
    expect(await stage.notify(NO_RESOURCE, '200 OK')).toBe(200)
    expect(await stage.notify(NO_RESOURCE, '200 OK')).toBe(481)
    expect(told).toEqual(['486 Busy Here', 'failed: target'])
    expect(await transfer.outcome).toMatchObject({ result: 'failed' })
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('the first of two stands', async () => {
    const { stage, told } = await accepted()
    stage.peer.heard()
    await stage.notify(NO_RESOURCE, '603 Decline')
    await stage.notify(NO_RESOURCE, '200 OK')
    expect(told).toEqual(['603 Decline', 'failed: target'])
    expect(stage.peer.heard()).not.toContain('BYE')
    await stage.expectNothingLeft()
  })
})

describe('the call', () => {
  it.each(['before', 'after'])('may be ended by the transferee %s the final NOTIFY', async (when) => {
    const { stage, told } = await accepted({ hangUp: 'never' })
    await stage.notify('active', '100 Trying')
    if (when === 'before') expect(await stage.say('BYE')).toBe(200)
    expect(await stage.notify(NO_RESOURCE, '200 OK')).toBe(200)
    if (when === 'after') expect(await stage.say('BYE')).toBe(200)
    expect(told).toEqual(['100 Trying', '200 OK', 'transferred'])
    expect(stage.call.state).toBe('disconnected')
    await stage.expectNothingLeft()
  })

  it('may end right after the 202: the outcome comes all the same', async () => {
    const { stage, told } = await accepted()
    await stage.say('BYE')
    expect(stage.call.state).toBe('disconnected')
    await stage.notify('active', '180 Ringing')
    expect(await stage.notify(NO_RESOURCE, '486 Busy Here')).toBe(200)
    expect(told).toEqual(['180 Ringing', '486 Busy Here', 'failed: target'])
    expect(stage.peer.heard()).not.toContain('BYE')
    await stage.expectNothingLeft()
  })

  it('may end while the REFER is out', async () => {
    for (const end of ['here', 'there']) {
      const stage = await Stage.set()
      const { told } = await stage.transfer()
      if (end === 'here') void stage.call.end()
      else await stage.say('BYE')
      await stage.play(5)
      if (end === 'here') await stage.answer('BYE', 200)
      await stage.answer('REFER', 202)
      await stage.notify(NO_RESOURCE, '200 OK')
      expect(told).toEqual(['200 OK', 'transferred'])
      await stage.expectNothingLeft()
    }
  })

  it('ends as hangUp says', async () => {
    const early = await accepted({ hangUp: 'when-accepted' })
    expect(early.stage.peer.heard()).toContain('BYE')
    await early.stage.answer('BYE', 200)
    await early.stage.notify(NO_RESOURCE, '200 OK')
    expect(early.told).toEqual(['200 OK', 'transferred'])
    await early.stage.expectNothingLeft()

    const never = await accepted({ hangUp: 'never' })
    await never.stage.notify(NO_RESOURCE, '200 OK')
    expect(never.stage.peer.heard()).not.toContain('BYE')
    expect(never.stage.call.state).toBe('confirmed')
    await never.stage.expectNothingLeft()
  })

  it("ends with a 2xx though the 202 that 'when-accepted' waits for is lost", async () => {
    const stage = await Stage.set()
    await stage.transfer({ hangUp: 'when-accepted' })
    await stage.notify(NO_RESOURCE, '200 OK')
    expect(stage.peer.heard()).toContain('BYE')
    await stage.expectNothingLeft()
  })
})

describe('for await', () => {
  it('gives every reader all of it, and ends', async () => {
    const { stage, transfer } = await accepted()
    const read = async () => {
      const statuses: number[] = []
      for await (const { status } of transfer) statuses.push(status)
      return statuses
    }
    const early = read()
    await stage.notify('active', '180 Ringing')
    const amid = read()
    await stage.notify(NO_RESOURCE, '200 OK')
    expect([await early, await amid, await read()]).toEqual([
      [180, 200],
      [180, 200],
      [180, 200],
    ])
    await stage.expectNothingLeft()
  })

  it('keeps no more than it must of a peer that NOTIFYs for ever', async () => {
    const { stage, told, transfer } = await accepted()
    for (let number = 1; number <= 300; number++) await stage.notify('active', `180 Ringing ${number}`)
    await stage.notify(NO_RESOURCE, '200 OK')
    expect(told).toHaveLength(302)
    const reasons: string[] = []
    for await (const { reason } of transfer) reasons.push(reason)
    expect(reasons).toHaveLength(100)
    expect(reasons.at(0)).toBe('Ringing 202')
    expect(reasons.at(-1)).toBe('OK')
    await stage.expectNothingLeft()
  })
})
