import { ParseError, StateError } from 'sip-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Stage } from './stage.fixture.ts'

const REFER_TO = 'Refer-To: <sip:carol@192.0.2.3>'

afterEach(() => void vi.unstubAllGlobals())

describe('a REFER that says wrongly whom to call', () => {
  it.each([
    ['not at all', []],
    ['twice', [REFER_TO, REFER_TO]],
    ['twice in a line', [`${REFER_TO}, <sip:dave@192.0.2.4>`]],
    ['in no grammar', ['Refer-To: <sip:carol@192.0.2.3']],
    ['with a wild card', ['Refer-To: *']],
  ])('%s: 400, within the call and without, and nothing else is disturbed', async (_, lines) => {
    const stage = await Stage.set()
    stage.xfer.on('refer', (referral) => stage.referrals.push(referral))
    expect(await stage.say('REFER', ...lines)).toBe(400)
    expect(await stage.open(...lines)).toBe(400)
    expect(stage.referrals).toEqual([])
    expect(stage.call.state).toBe('confirmed')
    // The next one is taken, and is the first subscription of its dialog.
    await stage.say('REFER', REFER_TO)
    expect(stage.referrals).toHaveLength(1)
    expect(stage.referrals[0]?.notifier.subscription.id).toBeUndefined()
    stage.referrals[0]?.reject()
    await stage.expectNothingLeft()
  })
})

describe('a REFER', () => {
  it('is refused with 603 when nobody listens', async () => {
    const stage = await Stage.set()
    expect(await stage.say('REFER', REFER_TO)).toBe(603)
    expect(await stage.open(REFER_TO)).toBe(603)
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('is refused with 481 for a dialog that does not exist', async () => {
    const stage = await Stage.set()
    stage.xfer.on('refer', (referral) => stage.referrals.push(referral))
    expect(await stage.open(REFER_TO, 'To: <sip:alice@example.com>;tag=gone')).toBe(481)
    expect(stage.referrals).toEqual([])
    await stage.expectNothingLeft()
  })

  it('makes a dialog when it comes outside of one', async () => {
    const stage = await Stage.set()
    stage.xfer.on('refer', (referral) => {
      expect(referral.call).toBeUndefined()
      referral.follow()
    })
    expect(await stage.open(REFER_TO)).toBe(202)
    expect(await stage.reports()).toEqual(['active;expires SIP/2.0 100 Trying'])
    await stage.targetAnswers(486)
    expect(await stage.reports()).toEqual(['terminated;reason=noresource SIP/2.0 486 Scripted'])
    await stage.expectNothingLeft()
  })

  it('needs a Contact that can be asked when it comes outside of a dialog', async () => {
    for (const contact of ['Contact:', 'Contact: *']) {
      const stage = await Stage.set()
      stage.xfer.on('refer', (referral) => stage.referrals.push(referral))
      expect([contact, await stage.open(REFER_TO, contact)]).toEqual([contact, 400])
      expect(stage.referrals).toEqual([])
      await stage.expectNothingLeft()
    }
  })

  it('that requires what is unknown is refused with 420', async () => {
    const stage = await Stage.set()
    stage.xfer.on('refer', (referral) => stage.referrals.push(referral))
    expect(await stage.open(REFER_TO, 'Require: magic')).toBe(420)
    expect(await stage.say('REFER', REFER_TO, 'Require: magic')).toBe(420)
    expect(stage.referrals).toEqual([])
    await stage.expectNothingLeft()
  })

  it('may come while another is going on: each has its own reports', async () => {
    const stage = await Stage.set()
    stage.xfer.on('refer', (referral) => {
      stage.referrals.push(referral)
      if (stage.referrals.length === 1) referral.follow()
      else referral.reject(491)
    })
    expect(await stage.say('REFER', REFER_TO)).toBe(202)
    expect(await stage.say('REFER', REFER_TO)).toBe(491)
    await stage.targetAnswers(486)
    expect(await stage.reports()).toEqual([
      'active;expires SIP/2.0 100 Trying',
      'terminated;reason=noresource SIP/2.0 486 Scripted',
    ])
    await stage.expectNothingLeft()
  })

  it('may be followed while another is', async () => {
    const stage = await Stage.set()
    stage.xfer.on('refer', (referral) => {
      stage.referrals.push(referral)
      referral.follow()
    })
    await stage.say('REFER', REFER_TO)
    const first = stage.target.last('INVITE')
    await stage.say('REFER', REFER_TO)
    const [, second] = stage.referrals
    expect(second?.notifier.subscription.id).toBe(String(second?.received.message.cseq.seq))
    await stage.targetAnswers(486)
    stage.target.answer(first, 603)
    await stage.play(5)
    const reports = await stage.reports()
    expect(reports).toHaveLength(4)
    expect(reports.filter((report) => report.startsWith('terminated'))).toHaveLength(2)
    await stage.expectNothingLeft()
  })
})

describe("a 'refer' listener", () => {
  it('that throws is answered for with 480 when the referrer waits no more, and nothing is left', async () => {
    const uncaught: unknown[] = []
    vi.stubGlobal('queueMicrotask', (task: () => void) => {
      try {
        task()
      } catch (error) {
        uncaught.push(error)
      }
    })
    const stage = await Stage.set()
    stage.xfer.on('refer', () => {
      throw new Error('mine')
    })
    expect(await stage.say('REFER', REFER_TO)).toBeUndefined()
    expect(uncaught).toEqual([new Error('mine')])
    await stage.play(31_900)
    // RFC 4320 §4.1: a 100 after a while.
    expect(stage.peer.heard()).toEqual(['100 REFER'])
    await stage.play(200)
    expect(stage.peer.heard()).toEqual(['480 REFER'])
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('may answer later, but not for ever', async () => {
    const stage = await Stage.set()
    stage.xfer.on('refer', (referral) => stage.referrals.push(referral))
    await stage.say('REFER', REFER_TO)
    await stage.play(20_000)
    stage.referrals[0]?.reject(403)
    await stage.play(5)
    expect(stage.peer.heard()).toEqual(['100 REFER', '403 REFER'])
    await stage.say('REFER', REFER_TO)
    await stage.play(33_000)
    expect(() => stage.referrals[1]?.follow()).toThrow(StateError)
    expect(stage.target.heard()).toEqual([])
    await stage.expectNothingLeft()
  })

  it('that answers after another listener has hears a StateError, and the first answer stands', async () => {
    const errors: unknown[] = []
    const stage = await Stage.set()
    stage.xfer.on('refer', (referral) => referral.reject(403))
    stage.xfer.on('refer', (referral) => {
      try {
        referral.follow()
      } catch (error) {
        errors.push(error)
      }
    })
    expect(await stage.say('REFER', REFER_TO)).toBe(403)
    expect(errors).toEqual([expect.any(StateError)])
    expect(stage.target.heard()).toEqual([])
    await stage.expectNothingLeft()
  })
})

describe('transfer', () => {
  it('says whom and who asks', async () => {
    const stage = await Stage.set()
    stage.xfer.transfer(stage.call, '"Carol" <sip:carol@192.0.2.3;transport=tcp>', {
      referredBy: 'sip:boss@example.com',
      headers: { Subject: 'x' },
    })
    await stage.play(5)
    const { headers } = stage.peer.last('REFER')
    expect(headers.get('Refer-To')).toBe('"Carol" <sip:carol@192.0.2.3;transport=tcp>')
    expect(headers.get('Referred-By')).toBe('<sip:boss@example.com>')
    expect(headers.get('Subject')).toBe('x')
    await stage.answer('REFER', 603)
    await stage.expectNothingLeft()
  })

  it('sends nothing, and leaves nothing, when it throws', async () => {
    const stage = await Stage.set()
    expect(() => stage.xfer.transfer(stage.call, 'carol')).toThrow(ParseError)
    expect(() =>
      stage.xfer.transfer(stage.call, 'sip:carol@192.0.2.3', { headers: { 'no name': 'x' } }),
    ).toThrow()
    expect(stage.call.dialog.usages).toEqual([stage.call])
    await stage.say('BYE')
    expect(() => stage.xfer.transfer(stage.call, 'sip:carol@192.0.2.3')).toThrow(StateError)
    await stage.play(5)
    expect(stage.peer.heard()).toEqual(['200 BYE'])
    await stage.expectNothingLeft()
  })
})
