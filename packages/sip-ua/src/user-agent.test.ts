import { parseNameAddr } from 'sip-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { NOTHING_LEFT, Stage } from './stage.fixture.ts'
import { toNameAddr, UserAgent } from './user-agent.ts'

let stage: Stage

beforeEach(async () => {
  stage = await Stage.set()
})

describe('a user agent that is called', () => {
  it('hands out the caller, the called and the offer', async () => {
    await stage.invited({ sdp: 'v=0 peer', lines: ['From: "Bob" <sip:bob@example.com>;tag=1'] })
    const [incoming] = stage.incoming
    expect(incoming?.from.displayName).toBe('Bob')
    expect(String(incoming?.to.uri)).toBe('sip:192.0.2.1:5060')
    expect(incoming?.sdp).toBe('v=0 peer')
    expect(incoming?.request.method).toBe('INVITE')
    expect(stage.ua.calls).toEqual(new Set([incoming?.session]))
    incoming?.ring(183)
    incoming?.accept({ sdp: 'v=0 alice' })
    await stage.play(2)
    expect(stage.heard()).toEqual(['183 INVITE', '200 INVITE'])
  })

  it('refuses through the invitation', async () => {
    await stage.invited()
    stage.incoming[0]?.reject(302, { headers: { Contact: '<sip:carol@192.0.2.3>' } })
    await stage.play(2)
    expect(String(stage.response(302).contact?.uri)).toBe('sip:carol@192.0.2.3')
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  const refusals = [
    ['480 when nobody listens', 480, []],
    ['400 without Contact', 400, ['Contact: *']],
    ['420 when it asks for what nobody knows', 420, ['Require: telepathy']],
    ['415 when its body is of no known type', 415, ['Content-Type: text/plain']],
  ] as const
  it.each(refusals)('refuses with %s', async (_, status, lines) => {
    if (status === 480) stage = await deaf()
    await expect(stage.invited({ lines, sdp: 'v=0' })).rejects.toThrow('did not hand out')
    expect(stage.heard()).toEqual([`${status} INVITE`])
    if (status === 415) expect(stage.response(415).headers.get('Accept')).toBe('application/sdp')
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('takes a body of no known type that need not be understood', async () => {
    const lines = ['Content-Type: text/plain', 'Content-Disposition: render;handling=optional']
    const call = await stage.invited({ lines, sdp: 'hello' })
    expect(call.remoteSdp).toBe(undefined)
    void call.end()
    await stage.left()
  })

  it('refuses an INVITE that has come before by another way', async () => {
    const call = await stage.invited({ lines: ['CSeq: 1 INVITE'] })
    await stage.invited({ lines: ['CSeq: 1 INVITE', 'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKother'] })
    expect(stage.heard()).toEqual(['482 INVITE'])
    expect(stage.incoming).toHaveLength(1)
    call.reject()
    await stage.left()
    await stage.invited({ lines: ['CSeq: 1 INVITE', 'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKthird'] })
    expect(stage.incoming).toHaveLength(2)
  })

  it('takes an INVITE once, however often it is sent', async () => {
    await stage.invited({ lines: ['CSeq: 1 INVITE', 'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKsame'] })
    await stage.invited({ lines: ['CSeq: 1 INVITE', 'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKsame'] })
    expect(stage.incoming).toHaveLength(1)
  })

  it('answers a CANCEL that comes too late for an INVITE within the call', async () => {
    const call = await stage.call()
    await stage.answer(200, { sdp: 'v=0 peer' })
    void call.reinvite({ sdp: 'v=0 alice' }).catch(() => {})
    await stage.play(2)
    await stage.say('INVITE', { sdp: 'v=0 peer' })
    await stage.say('CANCEL')
    expect(stage.heard()).toEqual(expect.arrayContaining(['491 INVITE', '200 CANCEL']))
    void call.end()
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('answers what belongs to no call', async () => {
    const lines = ['To: <sip:alice@192.0.2.1>;tag=gone']
    for (const method of ['INVITE', 'BYE', 'ACK', 'CANCEL']) {
      stage.peer.open(method, { host: '192.0.2.1', port: 5060 }, { lines })
    }
    await stage.play(2)
    expect(stage.heard()).toEqual(['481 INVITE', '481 BYE', '481 CANCEL'])
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('is not brought down by a Contact with a transport of its own', async () => {
    const call = await stage.invited({ lines: ['Contact: <sip:peer@192.0.2.2;transport=pigeon>'] })
    call.accept()
    await stage.play(2)
    await stage.say('ACK')
    void call.end()
    expect(await stage.left()).toEqual(NOTHING_LEFT)
    expect(call.state).toBe('disconnected')
  })

  it('says what it can do', async () => {
    stage.peer.open('OPTIONS', { host: '192.0.2.1', port: 5060 })
    await stage.play(2)
    const { headers } = stage.response(200)
    expect(headers.get('Allow')?.split(', ').sort()).toEqual(['ACK', 'BYE', 'CANCEL', 'INVITE', 'OPTIONS'])
    expect(headers.get('Accept')).toBe('application/sdp')
  })
})

describe('a user agent that calls', () => {
  it('says who it is, where it is, and what it can do', async () => {
    await stage.call({ sdp: 'v=0 alice', headers: { Subject: 'lunch' } })
    const { from, to, uri, contact, headers, text } = stage.invite
    expect(String(from.uri)).toBe('sip:alice@example.com')
    expect(from.displayName).toBe('Alice')
    expect(from.tag).toHaveLength(16)
    expect([String(to), String(uri)]).toEqual(['<sip:peer@192.0.2.2>', 'sip:peer@192.0.2.2'])
    expect(String(contact?.uri)).toBe('sip:alice@192.0.2.1:5060')
    expect(headers.get('Allow')).toContain('INVITE')
    expect([headers.get('Subject'), text]).toEqual(['lunch', 'v=0 alice'])
  })

  it('writes into To who is called, and not how to get there', async () => {
    stage.ua.invite('"Bob" <sip:bob@192.0.2.2;transport=udp;lr;user=phone;method=INVITE?Subject=x>')
    await stage.play(2)
    expect(String(stage.invite.to)).toBe('"Bob" <sip:bob@192.0.2.2;user=phone>')
    expect(String(stage.invite.uri)).toBe('sip:bob@192.0.2.2;transport=udp;lr;user=phone')
  })

  it('counts its calls, and forgets those that are over', async () => {
    const call = await stage.call()
    expect(stage.ua.calls).toEqual(new Set([call]))
    await stage.answer(486)
    expect(stage.ua.calls.size).toBe(0)
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('gives each call a dialog of its own', async () => {
    const calls = [stage.ua.invite('sip:a@192.0.2.2'), stage.ua.invite('sip:a@192.0.2.2')]
    expect(new Set(calls.map(({ dialog }) => dialog.callId)).size).toBe(2)
    expect(stage.ua.dialogs.size).toBe(2)
  })

  it.each(['', 'bob', 'sip:', '"Bob" sip:bob@example.com', '<sip:bob@example.com'])(
    'refuses to call %j',
    (target) => {
      expect(() => stage.ua.invite(target)).toThrow(expect.objectContaining({ code: 'SIP_PARSE' }))
      expect(stage.ua.dialogs.size).toBe(0)
    },
  )
})

describe('an address', () => {
  it('without < and > is a URI, and its parameters are the URI’s', () => {
    const { uri, params } = toNameAddr('sip:bob@example.com;transport=tcp')
    expect(uri.type === 'sip' && uri.params.get('transport')).toBe('tcp')
    expect(params.size).toBe(0)
  })

  it('with < and > may have a name', () => {
    expect(toNameAddr('"Bob" <sip:bob@example.com>').displayName).toBe('Bob')
  })

  it('may be read already', () => {
    const address = parseNameAddr('<sip:bob@example.com>')
    expect(toNameAddr(address)).toBe(address)
    expect(toNameAddr(address.uri).uri).toBe(address.uri)
  })
})

describe('a user agent that is closed', () => {
  it('ends its calls politely and resolves when they are over', async () => {
    const ringing = await stage.invited()
    const calling = await stage.call()
    await stage.answer(100)
    let closed = false
    const closing = stage.ua.close().then(() => {
      closed = true
    })
    await stage.play(2)
    expect(stage.heard()).toEqual(expect.arrayContaining(['480 INVITE', 'CANCEL']))
    expect([ringing.state, calling.state, closed]).toEqual(['disconnected', 'disconnecting', false])
    await stage.answer(487)
    await closing
    expect(await stage.left()).toEqual(NOTHING_LEFT)
  })

  it('ends them at once when the endpoint closes, whatever state they are in', async () => {
    const placed = async () => {
      const call = stage.ua.invite('sip:peer@192.0.2.2')
      await stage.play(2)
      return call
    }
    const calls = [await placed()]
    for (const status of [100, 180, 200]) {
      calls.push(await placed())
      await stage.answer(status)
    }
    const ending = await placed()
    await stage.answer(180)
    void ending.end()
    const accepted = await stage.invited()
    accepted.accept()
    await stage.play(2)
    await stage.endpoint.close()
    // What is on its way arrives.
    await stage.play(1)
    for (const call of [...calls, ending, accepted]) expect(call.state).toBe('disconnected')
    expect(stage.clock.pending).toBe(0)
    expect(stage.ua.dialogs.size).toBe(0)
  })
})

// An endpoint of which nobody wants to be called.
async function deaf(): Promise<Stage> {
  const other = await Stage.set()
  other.ua.listenerCount = () => 0
  return other
}

it('shares the dialogs of its endpoint with others', () => {
  const other = new UserAgent(stage.endpoint, { identity: 'sip:second@example.com' })
  expect(other.dialogs).toBe(stage.ua.dialogs)
})
