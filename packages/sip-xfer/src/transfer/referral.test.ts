import { ArgumentError, StateError } from 'sip-core'
import { describe, expect, it } from 'vitest'
import { Stage } from './stage.fixture.ts'

const TRYING = 'active;expires SIP/2.0 100 Trying'
const CAROL = 'sip:carol@192.0.2.3'

/** A referral that waits for an answer. */
async function referred(referTo = `<${CAROL}>`, ...lines: readonly string[]) {
  const stage = await Stage.set()
  stage.xfer.on('refer', (referral) => stage.referrals.push(referral))
  expect(await stage.say('REFER', `Refer-To: ${referTo}`, ...lines)).toBeUndefined()
  const [referral] = stage.referrals
  if (referral === undefined) throw new Error('no referral came')
  return { stage, referral }
}

/** One that is followed. */
async function followed(referTo?: string, ...lines: readonly string[]) {
  const { stage, referral } = await referred(referTo, ...lines)
  const call = referral.follow({ sdp: 'v=0 alice' })
  await stage.play(5)
  return { stage, referral, call }
}

describe('follow', () => {
  it('agrees with 202 and reports each response, repeated ones once', async () => {
    const { stage } = await followed()
    expect(stage.peer.heard()).toContain('202 REFER')
    expect(await stage.reports()).toEqual([TRYING])
    for (const [status, expected] of [
      [100, []],
      [180, ['active;expires SIP/2.0 180 Scripted']],
      [180, []],
      [183, ['active;expires SIP/2.0 183 Scripted']],
      [180, ['active;expires SIP/2.0 180 Scripted']],
      [200, ['terminated;reason=noresource SIP/2.0 200 Scripted']],
    ] as const) {
      await stage.targetAnswers(status)
      expect(await stage.reports()).toEqual(expected)
    }
    await stage.expectNothingLeft()
    expect(await stage.reports()).toEqual([])
  })

  it('calls whom it is told, on behalf of who asks', async () => {
    const { stage, referral } = await followed(
      `"Carol" <${CAROL};method=INVITE?Subject=hello&Call-ID=evil>`,
      'Referred-By: <sip:peer@example.com>;x=1',
    )
    const { uri, headers, callId } = stage.target.last('INVITE')
    expect(String(uri)).toBe(CAROL)
    expect(headers.get('To')).toBe(`<${CAROL}>`)
    expect(headers.get('Referred-By')).toBe('<sip:peer@example.com>;x=1')
    expect(callId).not.toBe('evil')
    expect(String(referral.referredBy?.uri)).toBe('sip:peer@example.com')
    expect(referral.call).toBe(stage.call)
    await stage.targetAnswers(486)
    await stage.reports()
    await stage.expectNothingLeft()
  })

  it('takes neither method nor headers of Refer-To into the Request-URI', async () => {
    const { stage } = await followed(`<${CAROL};method=BYE?Replaces=1%40x>`)
    expect(String(stage.target.last('INVITE').uri)).toBe(CAROL)
    await stage.targetAnswers(486)
    await stage.reports()
    await stage.expectNothingLeft()
  })

  it('sends what headers it is given', async () => {
    const { stage, referral } = await referred(undefined, 'Referred-By: <sip:peer@example.com>')
    referral.follow({ headers: { Subject: 'x', 'Referred-By': '<sip:other@example.com>' } })
    await stage.play(5)
    expect(stage.target.last('INVITE').headers.get('Subject')).toBe('x')
    expect(stage.target.last('INVITE').headers.getAll('Referred-By')).toEqual(['<sip:other@example.com>'])
    await stage.targetAnswers(486)
    await stage.reports()
    await stage.expectNothingLeft()
  })

  it.each([486, 603])('reports a refusal with %i', async (status) => {
    const { stage } = await followed()
    await stage.targetAnswers(status)
    expect(await stage.reports()).toEqual([
      // The 100 has not been answered until now; of the rest only the newest is sent.
      TRYING,
      `terminated;reason=noresource SIP/2.0 ${status} Scripted`,
    ])
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('reports 408 when nobody answers', async () => {
    const { stage } = await followed()
    await stage.reports()
    await stage.play(32_100)
    expect(await stage.reports()).toEqual(['terminated;reason=noresource SIP/2.0 408 Request Timeout'])
    await stage.expectNothingLeft()
  })

  it.each([
    ['tel:+4930123456'],
    ['http://example.com/'],
    ['mailto:carol@example.com'],
    ['sip:nobody.example'],
    ['sip:192.0.2.3;transport=tcp'],
  ])('reports 503 when %s cannot be reached', async (referTo) => {
    const { stage, call } = await followed(`<${referTo}>`)
    expect(await stage.reports()).toEqual([
      TRYING,
      'terminated;reason=noresource SIP/2.0 503 Service Unavailable',
    ])
    expect(call.state).toBe('disconnected')
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('reports 487 when this end gives it up', async () => {
    const { stage, call } = await followed()
    await stage.targetAnswers(180)
    await stage.reports()
    void call.end()
    await stage.play(5)
    expect(stage.target.heard()).toContain('CANCEL')
    stage.target.answer(stage.target.last('CANCEL'), 200)
    await stage.targetAnswers(487)
    expect(await stage.reports()).toEqual([
      expect.stringMatching(/^terminated;reason=noresource SIP\/2.0 487 /),
    ])
    await stage.expectNothingLeft()
  })

  it('goes on when the referrer has lost interest (481)', async () => {
    const { stage, call, referral } = await followed()
    expect(await stage.reports(481)).toEqual([TRYING])
    expect(referral.notifier.state).toBe('terminated')
    await stage.targetAnswers(180)
    await stage.targetAnswers(200)
    expect(await stage.reports()).toEqual([])
    expect(call.state).toBe('confirmed')
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('goes on, and reports, when the call in which it came ends', async () => {
    const { stage, call } = await followed()
    expect(await stage.say('BYE')).toBe(200)
    await stage.targetAnswers(200)
    expect(await stage.reports()).toEqual([TRYING, 'terminated;reason=noresource SIP/2.0 200 Scripted'])
    expect(call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('throws when the call cannot be placed as it is told, and reports that too', async () => {
    const { stage, referral } = await referred()
    expect(() => referral.follow({ headers: { 'no name': 'x' } })).toThrow(ArgumentError)
    await stage.play(5)
    expect(await stage.reports()).toEqual([
      TRYING,
      'terminated;reason=noresource SIP/2.0 500 Server Internal Error',
    ])
    expect(stage.target.heard()).toEqual([])
    await stage.expectNothingLeft()
  })

  it('may be told no more than once', async () => {
    const { stage, referral } = await followed()
    expect(() => referral.follow()).toThrow(StateError)
    expect(() => referral.reject()).toThrow(StateError)
    await stage.play(5)
    expect(stage.target.heard()).toEqual(['INVITE'])
    await stage.targetAnswers(486)
    expect(await stage.reports()).toHaveLength(2)
    await stage.expectNothingLeft()
  })
})

describe('reject', () => {
  it('refuses with 603, and calls nobody', async () => {
    const { stage, referral } = await referred()
    referral.reject()
    expect(() => referral.follow()).toThrow(StateError)
    await stage.play(5)
    expect(stage.peer.heard()).toEqual(['603 REFER'])
    expect(stage.target.heard()).toEqual([])
    expect(stage.call.state).toBe('confirmed')
    await stage.expectNothingLeft()
  })

  it('leaves the referral as it was when it is told nonsense', async () => {
    const { stage, referral } = await referred()
    expect(() => referral.reject(200)).toThrow(ArgumentError)
    expect(() => referral.reject(403, { headers: { 'no name': 'x' } })).toThrow(ArgumentError)
    referral.reject(403, { reason: 'Not You' })
    await stage.play(5)
    expect(stage.peer.heard()).toEqual(['403 REFER'])
    await stage.expectNothingLeft()
  })
})
