import { ArgumentError, Endpoint, NameAddr, ParseError, parseNameAddr, parseUri, StateError } from 'sip-core'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from 'sip-core/testing'
import { EvsubLayer } from 'sip-simple'
import { type Dialog, DialogLayer } from 'sip-ua/dialog'
import { describe, expect, it } from 'vitest'
import { installRefer, ReferSubscriber } from './refer.ts'

const SIPFRAG = 'Content-Type: message/sipfrag;version=2.0'

/** A referrer, and a peer that does as it is told. */
class Stage {
  readonly clock = new VirtualClock()
  readonly told: string[] = []
  endpoint!: Endpoint
  peer!: ScriptedPeer
  dialog!: Dialog
  subscriber!: ReferSubscriber

  static async open(): Promise<Stage> {
    const stage = new Stage()
    const network = new LoopNetwork({ clock: stage.clock, random: new SeededRandom(1) })
    stage.endpoint = await Endpoint.start(network.platform(), [network.udp('192.0.2.1')])
    installRefer(stage.endpoint)
    stage.peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
    stage.dialog = DialogLayer.of(stage.endpoint).createUac({
      local: parseNameAddr('<sip:alice@example.com>'),
      remote: parseNameAddr('<sip:bob@192.0.2.2>'),
    })
    stage.subscriber = stage.refer('')
    return stage
  }

  /** A further subscription in the dialog. */
  refer(name: string): ReferSubscriber {
    const tell = (what: string) => this.told.push(`${name} ${what}`.trim())
    return new ReferSubscriber(this.dialog)
      .on('notify', ({ state, status, reason }) => tell(`${state} ${status} ${reason}`))
      .on('accepted', ({ status }) => tell(`accepted ${status}`))
      .on('refused', ({ type }) => tell(`refused by ${type}`))
      .on('expiring', (seconds) => tell(`expiring in ${seconds}`))
      .on('state', (state, { type }) => tell(`is ${state} by ${type}`))
  }

  step(ms = 10): void {
    this.clock.advance(ms)
  }

  /** Sends a REFER, which is answered. */
  send(subscriber = this.subscriber, status = 202, ...lines: string[]): void {
    subscriber.send(subscriber.initiate('sip:carol@example.com'))
    this.step()
    this.peer.answer(this.peer.last('REFER'), status, { lines })
    this.step()
  }

  /** The peer sends a NOTIFY; what it is answered. */
  notify(event: string, state: string, body: string, ...lines: string[]): number {
    const says = [
      `Event: ${event}`,
      `Subscription-State: ${state}`,
      ...(lines.length > 0 ? lines : [SIPFRAG]),
    ]
    this.peer.request('NOTIFY', this.peer.last('REFER'), { lines: says, body })
    this.step()
    return this.peer.lastAnswer('NOTIFY').status
  }

  expectNothingLeft(): void {
    this.clock.advance(70_000)
    expect(DialogLayer.of(this.endpoint).size).toBe(0)
    expect(EvsubLayer.of(this.endpoint).size).toBe(0)
    expect(this.endpoint.transactions.size).toBe(0)
    expect(this.clock.pending).toBe(0)
  }
}

describe('initiate', () => {
  it('makes a REFER with what it is given', async () => {
    const { subscriber } = await Stage.open()
    const { method, headers, contact } = subscriber.initiate(
      'sip:carol@example.com;transport=tcp?Replaces=1',
      {
        referredBy: '"Alice" <sip:alice@example.com>',
        headers: { Supported: 'norefersub', 'Refer-Sub': 'false' },
      },
    )
    expect(method).toBe('REFER')
    // What follows the ; and the ? belongs to the URI.
    expect(headers.get('Refer-To')).toBe('<sip:carol@example.com;transport=tcp?Replaces=1>')
    expect(headers.get('Referred-By')).toBe('"Alice" <sip:alice@example.com>')
    expect(headers.get('Supported')).toBe('norefersub')
    expect(headers.get('Refer-Sub')).toBe('false')
    expect(headers.get('Allow-Events')).toBe('refer')
    expect(headers.has('Event')).toBe(false)
    expect(headers.has('Expires')).toBe(false)
    expect(contact).toBeDefined()
  })

  it('takes a text, a URI or a name-addr', async () => {
    const { subscriber } = await Stage.open()
    const written = (referTo: Parameters<ReferSubscriber['initiate']>[0]) =>
      subscriber.initiate(referTo).headers.get('Refer-To')
    expect(written(parseUri('tel:+15551234'))).toBe('<tel:+15551234>')
    expect(written(new NameAddr({ displayName: 'Carol', uri: 'sip:carol@example.com' }))).toBe(
      '"Carol" <sip:carol@example.com>',
    )
    expect(written('Carol <sip:carol@example.com;lr>;x=y')).toBe('Carol <sip:carol@example.com;lr>;x=y')
    expect(() => subscriber.initiate('not a URI')).toThrow(ParseError)
    expect(() => subscriber.initiate('sip:carol@example.com', { headers: { A: 'b\r\nc' } })).toThrow(
      ArgumentError,
    )
  })

  it('needs a Refer-To the first time only', async () => {
    const { subscriber } = await Stage.open()
    expect(() => subscriber.initiate()).toThrow(StateError)
    expect(() => subscriber.initiate('not a URI')).toThrow(ParseError)
    expect(() => subscriber.initiate()).toThrow(StateError)
    subscriber.initiate('sip:carol@example.com')
    expect(subscriber.initiate().headers.get('Refer-To')).toBe('<sip:carol@example.com>')
    subscriber.initiate('sip:dave@example.com')
    expect(subscriber.initiate().headers.get('Refer-To')).toBe('<sip:dave@example.com>')
  })
})

describe('ReferSubscriber', () => {
  it('tells what comes of it, the last word before the end', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.notify('refer', 'active;expires=60', 'SIP/2.0 100 Trying\r\n')
    stage.notify('refer', 'active;expires=50', 'SIP/2.0 180 Ringing\r\n')
    stage.notify('refer', 'terminated;reason=noresource', 'SIP/2.0 486 Busy Here\r\n')
    expect(stage.told).toEqual([
      ...['is notify_wait by local', 'accepted 202'],
      ...['active 100 Trying', 'is active by request', 'active 180 Ringing'],
      ...['terminated 486 Busy Here', 'is terminated by request'],
    ])
    expect(() => stage.subscriber.initiate()).toThrow(StateError)
    stage.expectNothingLeft()
  })

  it.each([302, 401, 403, 481, 489, 500, 503, 603])(
    'is over when the REFER is answered %i',
    async (status) => {
      const stage = await Stage.open()
      stage.send(stage.subscriber, status)
      expect(stage.told).toEqual(['is notify_wait by local', 'is terminated by response'])
      stage.expectNothingLeft()
    },
  )

  it('is over when nobody answers, and when it cannot be sent', async () => {
    const stage = await Stage.open()
    stage.subscriber.send(stage.subscriber.initiate('sip:carol@example.com'))
    stage.step(32_000)
    expect(stage.told.at(-1)).toBe('is terminated by timeout')
    stage.expectNothingLeft()

    const lame = await Stage.open()
    await lame.endpoint.transports.close()
    lame.subscriber.send(lame.subscriber.initiate('sip:carol@example.com'))
    lame.step()
    expect(lame.told.at(-1)).toBe('is terminated by transport-error')
    lame.expectNothingLeft()
  })

  it('is over when the peer accepts and then keeps silent', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.step(31_900)
    expect(stage.told.at(-1)).toBe('accepted 202')
    stage.step(200)
    expect(stage.told.at(-1)).toBe('is terminated by timeout')
    stage.expectNothingLeft()
  })

  it('is over at once when the peer accepts without a subscription (RFC 4488)', async () => {
    const stage = await Stage.open()
    stage.send(stage.subscriber, 202, 'Refer-Sub: false')
    expect(stage.told.slice(1)).toEqual(['accepted 202', 'is terminated by local'])
    stage.expectNothingLeft()
    const other = await Stage.open()
    other.send(other.subscriber, 202, 'Refer-Sub: true')
    expect(other.subscriber.state).toBe('notify_wait')
  })

  it('refreshes and unsubscribes by SUBSCRIBE', async () => {
    const stage = await Stage.open()
    stage.send()
    expect(() => stage.subscriber.refresh()).toThrow(StateError)
    expect(() => stage.subscriber.unsubscribe()).toThrow(StateError)
    stage.notify('refer;id=1', 'active;expires=60', 'SIP/2.0 100 Trying\r\n')
    stage.peer.heard()
    stage.subscriber.refresh()
    stage.step()
    expect(stage.peer.heard()).toEqual(['SUBSCRIBE'])
    const { headers } = stage.peer.last('SUBSCRIBE')
    expect([headers.get('Event'), headers.get('Expires')]).toEqual(['refer;id=1', '600'])
    expect(headers.get('Accept')).toBe('message/sipfrag;version=2.0')
    expect(headers.has('Refer-To')).toBe(false)
    stage.peer.answer(stage.peer.last('SUBSCRIBE'), 200, { lines: ['Expires: 600'] })
    stage.notify('refer;id=1', 'active;expires=600', 'SIP/2.0 180 Ringing\r\n')
    stage.subscriber.unsubscribe()
    stage.step()
    expect(stage.peer.last('SUBSCRIBE').headers.get('Expires')).toBe('0')
    stage.peer.answer(stage.peer.last('SUBSCRIBE'), 200, { lines: ['Expires: 0'] })
    stage.notify('refer;id=1', 'terminated;reason=timeout', 'SIP/2.0 180 Ringing\r\n')
    expect(stage.told.slice(-2)).toEqual(['terminated 180 Ringing', 'is terminated by request'])
    stage.expectNothingLeft()
  })

  it('is not refreshed of itself, but tells that it expires', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.notify('refer', 'active;expires=100', 'SIP/2.0 100 Trying\r\n')
    stage.peer.heard()
    stage.step(132_010)
    expect(stage.told.slice(-2)).toEqual(['expiring in 32', 'is terminated by timeout'])
    expect(stage.peer.heard()).toEqual([])
    stage.expectNothingLeft()
  })

  it('may send a REFER again in the same subscription, without a Refer-To', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.notify('refer', 'active', 'SIP/2.0 100 Trying\r\n')
    stage.subscriber.send(stage.subscriber.initiate())
    stage.step()
    const again = stage.peer.last('REFER')
    expect(again.headers.get('Refer-To')).toBe('<sip:carol@example.com>')
    stage.peer.answer(again, 202)
    stage.step()
    expect(stage.notify(`refer;id=${again.cseq.seq}`, 'active', 'SIP/2.0 180 Ringing\r\n')).toBe(200)
    expect(stage.told.at(-1)).toBe('active 180 Ringing')
    stage.peer.answer(again, 603)
  })

  it('goes on when a later REFER of the same subscription is refused', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.notify('refer', 'active', 'SIP/2.0 100 Trying\r\n')
    stage.subscriber.send(stage.subscriber.initiate())
    stage.step()
    stage.peer.answer(stage.peer.last('REFER'), 603)
    stage.step()
    expect(stage.told.at(-1)).toBe('refused by response')
    expect(stage.notify('refer', 'active', 'SIP/2.0 180 Ringing\r\n')).toBe(200)
  })
})

describe('a peer that lies', () => {
  it.each([
    ['no body', '', SIPFRAG],
    ['garbage', '\u0000\u00ff garbage', SIPFRAG],
    ['a body of another type', 'SIP/2.0 200 OK\r\n', 'Content-Type: text/plain'],
    ['a request', 'INVITE sip:x@y SIP/2.0\r\n', SIPFRAG],
  ])('with %s is answered 200, and its Subscription-State counts', async (_, body, type) => {
    const stage = await Stage.open()
    stage.send()
    expect(stage.notify('refer', 'active', body, type)).toBe(200)
    expect(stage.told.slice(-2)).toEqual(['active undefined undefined', 'is active by request'])
    expect(stage.notify('refer', 'terminated', body, type)).toBe(200)
    stage.expectNothingLeft()
  })

  it('about the type by saying nothing of it is believed', async () => {
    const stage = await Stage.open()
    stage.send()
    expect(stage.notify('refer', 'active', 'SIP/2.0 183 Session Progress\r\n', 'X-Type: none')).toBe(200)
    expect(stage.told.at(-2)).toBe('active 183 Session Progress')
  })

  it('with an event that is not known is told 489, without Subscription-State 400', async () => {
    const stage = await Stage.open()
    stage.send()
    expect(stage.notify('weather', 'active', 'SIP/2.0 200 OK\r\n')).toBe(489)
    stage.peer.request('NOTIFY', stage.peer.last('REFER'), {
      lines: ['Event: refer', SIPFRAG],
      body: 'SIP/2.0 200 OK',
    })
    stage.step()
    expect(stage.peer.lastAnswer('NOTIFY').status).toBe(400)
    stage.peer.request('NOTIFY', stage.peer.last('REFER'), { lines: ['Subscription-State: active'] })
    stage.step()
    expect(stage.peer.lastAnswer('NOTIFY').status).toBe(489)
    expect(stage.subscriber.state).toBe('notify_wait')
  })

  it('with a NOTIFY after the end is told 481', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.notify('refer', 'terminated', 'SIP/2.0 200 OK\r\n')
    expect(stage.notify('refer', 'active', 'SIP/2.0 180 Ringing\r\n')).toBe(481)
    stage.expectNothingLeft()
  })

  it('with numbers from before is told 500, and nothing happens', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.notify('refer', 'active', 'SIP/2.0 100 Trying\r\n')
    expect(stage.notify('refer', 'terminated', 'SIP/2.0 200 OK\r\n', SIPFRAG, 'CSeq: 0 NOTIFY')).toBe(500)
    expect(stage.subscriber.state).toBe('active')
  })

  it('with a time that never ends is believed, and the clock with it', async () => {
    const stage = await Stage.open()
    stage.send()
    expect(stage.notify('refer', 'active;expires=4294967295', 'SIP/2.0 100 Trying\r\n')).toBe(200)
    stage.step(10_000_000)
    expect(stage.subscriber.state).toBe('active')
    stage.subscriber.terminate()
    stage.expectNothingLeft()
  })
})

describe('several REFERs in one dialog', () => {
  async function two() {
    const stage = await Stage.open()
    const second = stage.refer('second')
    stage.send()
    stage.send(second)
    return { stage, second }
  }

  it('are told apart by the number of the REFER', async () => {
    const { stage, second } = await two()
    stage.notify('refer;id=2', 'active', 'SIP/2.0 180 Ringing\r\n')
    stage.notify('refer', 'active', 'SIP/2.0 100 Trying\r\n')
    stage.notify('refer;id=2', 'terminated', 'SIP/2.0 200 OK\r\n')
    expect(second.state).toBe('terminated')
    expect(stage.subscriber.state).toBe('active')
    stage.notify('refer', 'terminated', 'SIP/2.0 603 Decline\r\n')
    expect(stage.told.filter((line) => / \d/.test(line))).toEqual([
      ...['accepted 202', 'second accepted 202', 'second active 180 Ringing', 'active 100 Trying'],
      ...['second terminated 200 OK', 'terminated 603 Decline'],
    ])
    stage.expectNothingLeft()
  })

  it('also where the first has a number too, or where it is not the first that reports first', async () => {
    const { stage, second } = await two()
    stage.notify('refer;id=2', 'active', 'SIP/2.0 180 Ringing\r\n')
    expect(second.state).toBe('active')
    expect(stage.subscriber.state).toBe('notify_wait')
    stage.notify('refer;id=1', 'terminated', 'SIP/2.0 200 OK\r\n')
    expect(stage.subscriber.state).toBe('terminated')
    expect(stage.notify('refer;id=1', 'active', 'SIP/2.0 200 OK\r\n')).toBe(481)
    expect(second.state).toBe('active')
  })

  it('refreshed each by its own id', async () => {
    const { stage, second } = await two()
    stage.notify('refer', 'active', 'SIP/2.0 100 Trying\r\n')
    stage.notify('refer;id=2', 'active', 'SIP/2.0 100 Trying\r\n')
    second.refresh()
    stage.step()
    expect(stage.peer.last('SUBSCRIBE').headers.get('Event')).toBe('refer;id=2')
    stage.subscriber.refresh()
    stage.step()
    expect(stage.peer.last('SUBSCRIBE').headers.get('Event')).toBe('refer')
  })

  it('one after another at a peer that never gives an id', async () => {
    const stage = await Stage.open()
    // Something else keeps the dialog.
    stage.dialog.attach({ name: 'call', onDialog: () => false })
    stage.send()
    stage.notify('refer', 'terminated', 'SIP/2.0 486 Busy Here\r\n')
    const second = stage.refer('second')
    stage.send(second)
    expect(stage.notify('refer', 'active', 'SIP/2.0 180 Ringing\r\n')).toBe(200)
    expect(second.state).toBe('active')
  })

  it('behind a back-to-back user agent, which counts otherwise', async () => {
    const stage = await Stage.open()
    stage.send()
    expect(stage.notify('refer;id=4711', 'active', 'SIP/2.0 100 Trying\r\n')).toBe(200)
    expect(stage.notify('refer;id=4711', 'active', 'SIP/2.0 180 Ringing\r\n')).toBe(200)
    expect(stage.notify('refer;id=4712', 'active', 'SIP/2.0 180 Ringing\r\n')).toBe(481)
    stage.subscriber.refresh()
    stage.step()
    expect(stage.peer.last('SUBSCRIBE').headers.get('Event')).toBe('refer;id=4711')
  })
})
