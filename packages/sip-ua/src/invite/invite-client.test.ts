import { RejectedError, SipRequest, TimeoutError } from 'sip-core'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { NOTHING_LEFT, Stage } from '../stage.fixture.ts'

let stage: Stage

beforeEach(async () => {
  stage = await Stage.set()
})

const requests = (method: string) =>
  stage.peer.messages.filter((m): m is SipRequest => m instanceof SipRequest && m.method === method)

describe('a 2xx', () => {
  it('is acknowledged as often as it comes, with the same ACK', async () => {
    const call = await stage.call()
    for (let i = 0; i < 3; i++) await stage.answer(200)
    const acks = requests('ACK').map((ack) => String(ack.source))
    expect(acks).toHaveLength(3)
    expect(new Set(acks).size).toBe(1)
    expect(call.state).toBe('confirmed')
  })

  it('is acknowledged still after the call has ended', async () => {
    const call = await stage.call()
    await stage.answer(200)
    void call.end()
    await stage.play(2)
    await stage.answerTo('BYE', 200)
    expect(call.state).toBe('disconnected')
    stage.heard()
    await stage.answer(200)
    expect(stage.heard()).toEqual(['ACK'])
  })

  it("gets an ACK with the INVITE's number, a branch of its own, at the peer's Contact", async () => {
    await stage.call()
    await stage.answer(200, { lines: ['Contact: <sip:desk@192.0.2.2:5060;x=1>'] })
    const [ack] = requests('ACK')
    const invite = stage.invite
    expect(ack?.cseq).toEqual({ seq: invite.cseq.seq, method: 'ACK' })
    expect(ack?.via.branch).not.toBe(invite.via.branch)
    expect(String(ack?.uri)).toBe('sip:desk@192.0.2.2:5060;x=1')
    expect(ack?.to.tag).toBe('peer')
    expect(ack?.headers.has('Contact')).toBe(false)
  })

  it('without Contact is acknowledged where the INVITE went', async () => {
    const call = await stage.call()
    stage.peer.answer(stage.invite, 200)
    await stage.play(2)
    expect(requests('ACK').map(({ uri }) => String(uri))).toEqual(['sip:peer@192.0.2.2'])
    expect(call.state).toBe('confirmed')
  })

  it('of a peer without tags sets up the call', async () => {
    const call = await stage.call()
    await stage.answer(200, { lines: ['To: <sip:peer@192.0.2.2>', 'Contact: <sip:old@192.0.2.2>'] })
    expect(call.state).toBe('confirmed')
    expect(call.dialog.state).toBe('confirmed')
    expect(requests('ACK').map(({ uri, to }) => `${uri} ${to.tag}`)).toEqual(['sip:old@192.0.2.2 undefined'])
  })
})

describe('a forked INVITE', () => {
  it('keeps the first 2xx, and ends what the others have set up', async () => {
    const call = await stage.call()
    await stage.answer(200, { tag: 'one', lines: ['Contact: <sip:one@192.0.2.2>'] })
    await stage.answer(200, { tag: 'two', lines: ['Contact: <sip:two@192.0.2.2>'] })
    const said = [...requests('ACK'), ...requests('BYE')].map(
      ({ method, uri, to }) => `${method} ${uri} ${to.tag}`,
    )
    expect(said).toEqual([
      ...['ACK sip:one@192.0.2.2 one', 'ACK sip:two@192.0.2.2 two', 'BYE sip:two@192.0.2.2 two'],
    ])
    expect(call.state).toBe('confirmed')
    expect(stage.ua.dialogs.size).toBe(2)
    await stage.answerTo('BYE', 200)
    expect(stage.ua.dialogs.size).toBe(1)
    await stage.answer(200, { tag: 'two', lines: ['Contact: <sip:two@192.0.2.2>'] })
    expect([requests('ACK').length, requests('BYE').length]).toEqual([3, 1])
    void call.end()
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('moves to the branch that accepts, and ends the one that rang when it accepts as well', async () => {
    const call = await stage.call()
    await stage.answer(180, { tag: 'one' })
    expect(call.dialog.remoteTag).toBe('one')
    await stage.answer(180, { tag: 'two' })
    await stage.answer(200, { tag: 'two', lines: ['Contact: <sip:two@192.0.2.2>'] })
    expect([call.dialog.remoteTag, stage.ua.dialogs.size]).toEqual(['two', 1])
    stage.heard()
    await stage.answer(200, { tag: 'one', lines: ['Contact: <sip:one@192.0.2.2>'] })
    expect(stage.heard()).toEqual(['ACK', 'BYE'])
    expect(requests('BYE').map(({ to }) => to.tag)).toEqual(['one'])
    void call.end()
    await stage.play(2)
    expect(requests('BYE').map(({ to }) => to.tag)).toEqual(['one', 'two'])
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('that was cancelled ends every branch that accepts all the same', async () => {
    const call = await stage.call()
    await stage.answer(180, { tag: 'one' })
    void call.end()
    await stage.play(2)
    await stage.answer(200, { tag: 'two' })
    await stage.answer(200, { tag: 'one' })
    expect(requests('BYE').map(({ to }) => to.tag)).toEqual(['two', 'one'])
    expect(await stage.left()).toEqual(NOTHING_LEFT)
    expect(call.state).toBe('disconnected')
  })

  it('hears the early branch that it knows, and no other', async () => {
    const call = await stage.call()
    await stage.answer(180, { tag: 'one', lines: ['Contact: <sip:one@192.0.2.2>'] })
    await stage.answer(183, { tag: 'two', lines: ['Contact: <sip:two@192.0.2.2>'] })
    expect(String(call.dialog.remoteTarget)).toBe('sip:one@192.0.2.2')
  })
})

describe('an INVITE without an offer', () => {
  it('has the offer of the 2xx answered in the ACK, once asked', async () => {
    const answer = vi.fn((offer: string) => `${offer} answered`)
    const call = await stage.call({ answer })
    await stage.answer(200, { sdp: 'v=0 peer' })
    await stage.answer(200, { sdp: 'v=0 peer' })
    expect(requests('ACK').map((ack) => ack.text)).toEqual(['v=0 peer answered', 'v=0 peer answered'])
    expect(answer).toHaveBeenCalledTimes(1)
    expect([call.localSdp, call.remoteSdp]).toEqual(['v=0 peer answered', 'v=0 peer'])
  })

  it('has the offer of the branch that is kept answered, and no other', async () => {
    const answer = vi.fn(() => 'v=0 alice')
    await stage.call({ answer })
    await stage.answer(200, { tag: 'one', sdp: 'v=0 one' })
    await stage.answer(200, { tag: 'two', sdp: 'v=0 two' })
    expect(answer.mock.calls).toEqual([['v=0 one']])
    expect(requests('ACK').map((ack) => ack.text)).toEqual(['v=0 alice', ''])
  })

  it('is acknowledged even if the application fails to answer', async () => {
    const surfaced: unknown[] = []
    const microtask = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => surfaced.push(task))
    const call = await stage.call({
      answer: () => {
        throw new Error('no idea')
      },
    })
    await stage.answer(200, { sdp: 'v=0 peer' })
    microtask.mockRestore()
    expect(surfaced).toHaveLength(1)
    expect(requests('ACK').map((ack) => ack.text)).toEqual([''])
    expect(call.state).toBe('confirmed')
  })

  it('is not asked for an answer when it made an offer itself', async () => {
    const answer = vi.fn(() => 'v=0')
    await stage.call({ sdp: 'v=0 alice', answer })
    await stage.answer(200, { sdp: 'v=0 peer' })
    expect(answer).not.toHaveBeenCalled()
    expect(requests('ACK').map((ack) => ack.text)).toEqual([''])
  })
})

describe('a cancelled INVITE', () => {
  it('is given up 64 * T1 after the CANCEL when no final response comes', async () => {
    const call = await stage.call()
    await stage.answer(180)
    void call.end()
    const last = vi.fn()
    call.on('state', last)
    await stage.play(31_999)
    expect(last).not.toHaveBeenCalled()
    await stage.play(1)
    expect(last.mock.calls).toMatchObject([['disconnected', { type: 'timeout', error: { timer: 'CANCEL' } }]])
    expect(await call.ended).toEqual({ type: 'local' })
    expect(stage.endpoint.transactions.size).toBe(0)
  })

  it('acknowledges a 2xx for as long as any other, though a CANCEL went before', async () => {
    const call = await stage.call()
    await stage.answer(180)
    void call.end()
    await stage.play(20_000)
    await stage.answer(200)
    await stage.answerTo('BYE', 200)
    await stage.play(20_000)
    stage.heard()
    await stage.answer(200)
    expect(stage.heard()).toEqual(['ACK'])
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('goes the way of the INVITE, with its branch and number', async () => {
    const call = await stage.call()
    await stage.answer(180, { lines: ['Contact: <sip:elsewhere@192.0.2.9>'] })
    void call.end()
    await stage.play(2)
    const cancel = stage.peer.last('CANCEL')
    expect(cancel.via.branch).toBe(stage.invite.via.branch)
    expect(cancel.cseq.seq).toBe(stage.invite.cseq.seq)
    expect(String(cancel.uri)).toBe(String(stage.invite.uri))
    expect(cancel.to.tag).toBe(undefined)
  })
})

describe('an INVITE that comes to nothing', () => {
  it('says so: nobody answered', async () => {
    const call = await stage.call()
    const failure = call.established.catch((error) => error)
    await stage.play(32_000)
    expect(await failure).toBeInstanceOf(TimeoutError)
    expect(await call.ended).toMatchObject({ type: 'timeout', error: { timer: 'B' } })
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('says so: refused', async () => {
    const call = await stage.call()
    const failure = call.established.catch((error) => error)
    await stage.answer(302, { lines: ['Contact: <sip:carol@192.0.2.3>'] })
    const error = (await failure) as RejectedError
    expect(error).toBeInstanceOf(RejectedError)
    expect(String(error.response.contact?.uri)).toBe('sip:carol@192.0.2.3')
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it.each(['tel:+1', 'sip:bob@192.0.2.2;transport=tcp', 'sip:bob@nowhere.example'])(
    'says so: %s cannot be reached',
    async (target) => {
      const call = stage.ua.invite(target)
      const failure = call.established.catch((error) => error)
      await stage.play(1)
      expect(await failure).toMatchObject({ code: 'SIP_TRANSPORT' })
      expect(call.state).toBe('disconnected')
      expect(await stage.left()).toEqual(NOTHING_LEFT)
    },
  )

  it('says so: the endpoint was closed', async () => {
    const call = await stage.call()
    await stage.answer(100)
    const failure = call.established.catch((error) => error)
    await stage.endpoint.close()
    await stage.play(1)
    expect(await failure).toMatchObject({ code: 'SIP_STATE' })
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })
})
