import { describe, expect, it } from 'vitest'
import { Trio } from '../support/trio.ts'

describe('a blind transfer (RFC 5589 §6.1)', () => {
  it('goes as the RFC draws it', async () => {
    const trio = await Trio.meet()
    await trio.talk()
    const before = trio.world.lines.length
    trio.onCarolsPhone = (incoming) => {
      incoming.ring()
      trio.world.clock.setTimer(1000, () => incoming.accept({ sdp: 'v=0 carol' }))
    }
    const { outcome, progress } = await trio.transfer()
    expect(outcome).toEqual({ result: 'transferred', status: 200, reason: 'OK' })
    expect(progress).toEqual([
      { status: 100, reason: 'Trying' },
      { status: 180, reason: 'Ringing' },
      { status: 200, reason: 'OK' },
    ])
    await trio.world.clock.play(100)
    expect(trio.world.lines.slice(before)).toEqual([
      'alice>bob REFER',
      'bob>alice 202 REFER',
      'bob>alice NOTIFY',
      'bob>carol INVITE',
      'alice>bob 200 NOTIFY',
      'carol>bob 180 INVITE',
      'bob>alice NOTIFY',
      'alice>bob 200 NOTIFY',
      'carol>bob 200 INVITE',
      'bob>carol ACK',
      'bob>alice NOTIFY',
      'alice>bob 200 NOTIFY',
      'alice>bob BYE',
      'bob>alice 200 BYE',
    ])
    expect(trio.call.state).toBe('disconnected')
    expect(trio.followed?.state).toBe('confirmed')
    await trio.part()
  })

  it('tells the target who asked (Referred-By, RFC 3892)', async () => {
    const trio = await Trio.meet()
    await trio.talk()
    let referredBy: string | undefined
    trio.onCarolsPhone = (incoming) => {
      referredBy = incoming.request.headers.get('Referred-By')
      incoming.accept({ sdp: 'v=0 carol' })
    }
    await trio.transfer()
    expect(referredBy).toBe('"alice" <sip:alice@example.com>')
    await trio.part()
  })

  it('can be watched with for await, from the beginning', async () => {
    const trio = await Trio.meet()
    await trio.talk()
    const transfer = trio.alice.xfer.transfer(trio.call, trio.world.uri('carol'))
    const read = async () => {
      const statuses: number[] = []
      for await (const { status } of transfer) statuses.push(status)
      return statuses
    }
    const early = read()
    await trio.world.clock.play(5000)
    expect(await early).toEqual([100, 180, 200])
    expect(await read()).toEqual([100, 180, 200])
    await trio.part()
  })
})

describe('a transfer that the target does not take', () => {
  const cases = [
    { what: 'busy', status: 486, reason: 'Busy Here' },
    { what: 'declining', status: 603, reason: 'Decline' },
  ]
  for (const { what, status, reason } of cases) {
    it(`${what}: fails with ${status}, and the call is still up`, async () => {
      const trio = await Trio.meet()
      await trio.talk()
      trio.onCarolsPhone = (incoming) => incoming.reject(status)
      const { outcome } = await trio.transfer()
      expect(outcome).toEqual({ result: 'failed', cause: { type: 'target', status, reason } })
      expect(trio.call.state).toBe('confirmed')
      await trio.part()
    })
  }

  it('not there: fails with 408 once Bob has given up, and the call is still up', async () => {
    const trio = await Trio.meet({
      decide: (packet) => (packet.to.host === '192.0.2.3' ? { type: 'drop' } : undefined),
    })
    await trio.talk()
    const { outcome } = await trio.transfer()
    expect(outcome).toEqual({
      result: 'failed',
      cause: { type: 'target', status: 408, reason: 'Request Timeout' },
    })
    expect(trio.world.clock.now()).toBeGreaterThan(32_000)
    expect(trio.call.state).toBe('confirmed')
    await trio.part()
  })

  it('ringing without end: the outcome comes when Bob gives up', async () => {
    const trio = await Trio.meet()
    await trio.talk()
    trio.onCarolsPhone = (incoming) => incoming.ring()
    trio.onRefer = (referral) => {
      const call = referral.follow({ sdp: 'v=0 bob' })
      trio.world.clock.setTimer(60_000, () => void call.end())
    }
    const { outcome, progress } = await trio.transfer()
    expect(progress.map(({ status }) => status)).toEqual([100, 180, 487])
    expect(outcome).toMatchObject({ result: 'failed', cause: { type: 'target', status: 487 } })
    expect(trio.call.state).toBe('confirmed')
    await trio.part()
  })
})

describe('a transfer that the transferee refuses', () => {
  const refused = (status: number) => ({
    result: 'failed',
    cause: { type: 'refused', response: expect.objectContaining({ status }) },
  })

  for (const status of [603, 403]) {
    it(`with ${status}`, async () => {
      const trio = await Trio.meet()
      await trio.talk()
      trio.onRefer = (referral) => referral.reject(status)
      const { outcome, progress } = await trio.transfer()
      expect(outcome).toEqual(refused(status))
      expect(progress).toEqual([])
      expect(trio.call.state).toBe('confirmed')
      await trio.part()
    })
  }

  it('with 603 because its application follows nothing', async () => {
    const trio = await Trio.meet()
    await trio.talk()
    const call = trio.bob.ua.invite(trio.world.uri('alice'), { sdp: 'v=0 bob' })
    trio.alice.ua.on('invite', (incoming) => incoming.accept({ sdp: 'v=0 alice' }))
    await trio.world.clock.play(100)
    // Alice has no listener for 'refer'.
    const transfer = trio.bob.xfer.transfer(call, trio.world.uri('carol'))
    await trio.world.clock.play(100)
    expect(await transfer.outcome).toEqual(refused(603))
    expect(call.state).toBe('confirmed')
    await trio.part()
  })

  it('with 405 because it knows no REFER', async () => {
    const trio = await Trio.meet()
    const dave = await trio.world.agent('dave')
    dave.on('invite', (incoming) => incoming.accept({ sdp: 'v=0 dave' }))
    const call = trio.alice.ua.invite(trio.world.uri('dave'), { sdp: 'v=0 alice' })
    await trio.world.clock.play(100)
    const transfer = trio.alice.xfer.transfer(call, trio.world.uri('carol'))
    await trio.world.clock.play(100)
    const outcome = await transfer.outcome
    expect(outcome).toEqual(refused(405))
    if (outcome.result === 'failed' && outcome.cause.type === 'refused') {
      expect(outcome.cause.response.headers.get('Allow')).toBe('OPTIONS, INVITE, ACK, CANCEL, BYE')
    }
    expect(call.state).toBe('confirmed')
    void dave.close()
    await trio.part()
  })
})

describe('a transfer with messages in unusual order', () => {
  it('lives with a NOTIFY that arrives before the 202', async () => {
    let held = false
    const trio = await Trio.meet({
      decide: (packet) => {
        const accepted = Buffer.from(packet.bytes).toString('latin1').startsWith('SIP/2.0 202')
        if (!accepted || held) return undefined
        held = true
        return { type: 'delay', by: 300 }
      },
    })
    await trio.talk()
    const { outcome, progress } = await trio.transfer()
    expect(held).toBe(true)
    expect(progress.map(({ status }) => status)).toEqual([100, 180, 200])
    expect(outcome.result).toBe('transferred')
    await trio.part()
  })

  it('goes on when Alice hangs up right after the 202: every NOTIFY is still answered with 200', async () => {
    const trio = await Trio.meet()
    await trio.talk()
    trio.onCarolsPhone = (incoming) => {
      incoming.ring()
      trio.world.clock.setTimer(5000, () => incoming.accept({ sdp: 'v=0 carol' }))
    }
    const before = trio.world.lines.length
    const { outcome, progress } = await trio.transfer({ hangUp: 'when-accepted' })
    expect(outcome.result).toBe('transferred')
    expect(progress.map(({ status }) => status)).toEqual([100, 180, 200])
    await trio.world.clock.play(100)
    const lines = trio.world.lines.slice(before)
    expect(lines.indexOf('alice>bob BYE')).toBeLessThan(lines.lastIndexOf('bob>alice NOTIFY'))
    expect(lines.filter((line) => line === 'bob>alice NOTIFY')).toHaveLength(3)
    expect(lines.filter((line) => line === 'alice>bob 200 NOTIFY')).toHaveLength(3)
    expect(trio.call.state).toBe('disconnected')
    expect(trio.followed?.state).toBe('confirmed')
    await trio.part()
  })
})

describe('a transfer over a bad network', () => {
  /** One whole run in which the packets for which `spoil` says so are lost or come twice. */
  async function run(index: number | undefined, type: 'drop' | 'duplicate') {
    const trio = await Trio.meet({ decide: (packet) => (packet.index === index ? { type } : undefined) })
    await trio.talk()
    const { outcome } = await trio.transfer()
    await trio.world.clock.play(5000)
    const states = [trio.call.state, trio.followed?.state]
    const packets = trio.world.sent.length
    await trio.part()
    return { outcome, states, packets }
  }

  const wanted = { result: 'transferred', status: 200, reason: 'OK' }

  for (const type of ['drop', 'duplicate'] as const) {
    it(`comes out the same whichever single message is ${type === 'drop' ? 'lost' : 'doubled'}`, async () => {
      const { packets } = await run(undefined, type)
      expect(packets).toBeGreaterThanOrEqual(17)
      for (let index = 1; index <= packets; index++) {
        const { outcome, states } = await run(index, type)
        expect({ index, outcome, states }).toEqual({
          index,
          outcome: wanted,
          states: ['disconnected', 'confirmed'],
        })
      }
    })
  }

  it('always has an outcome, and nothing is left, whatever gets lost, doubled or overtaken', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const trio = await Trio.meet({ seed, faults: { loss: 0.2, duplication: 0.1, reordering: 0.1 } })
      await trio.talk()
      if (trio.call.state === 'confirmed') {
        const { outcome } = await trio.transfer()
        expect(['transferred', 'failed', 'unknown']).toContain(outcome.result)
      }
      await trio.part()
    }
  })
})
