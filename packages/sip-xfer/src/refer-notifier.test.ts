import { ArgumentError, Endpoint, ParseError, type ReceivedRequest, StateError } from 'sip-core'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from 'sip-core/testing'
import { EvsubLayer } from 'sip-simple'
import { type Dialog, DialogLayer } from 'sip-ua/dialog'
import { describe, expect, it } from 'vitest'
import { installRefer, ReferNotifier } from './refer.ts'

const HERE = { host: '192.0.2.1', port: 5060 }

/** One who is referred, and a peer that does as it is told. */
class Stage {
  readonly clock = new VirtualClock()
  readonly told: string[] = []
  readonly received: ReceivedRequest[] = []
  endpoint!: Endpoint
  peer!: ScriptedPeer
  dialog!: Dialog
  notifier!: ReferNotifier

  static async open(lines: readonly string[] = ['Refer-To: <sip:carol@example.com>']): Promise<Stage> {
    const stage = new Stage()
    const network = new LoopNetwork({ clock: stage.clock, random: new SeededRandom(1) })
    stage.endpoint = await Endpoint.start(network.platform(), [network.udp(HERE.host)])
    stage.peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
    installRefer(stage.endpoint)
    stage.endpoint.use({
      name: 'keeper',
      priority: 64,
      receive: (received) => received.type === 'request' && stage.received.push(received) > 0,
    })
    stage.peer.open('REFER', HERE, { lines })
    stage.step()
    const received = stage.received[0] as ReceivedRequest
    stage.dialog = DialogLayer.of(stage.endpoint).createUas(received)
    return stage
  }

  static async follow(expires?: number): Promise<Stage> {
    const stage = await Stage.open()
    stage.notifier = stage.refer(expires)
    stage.notifier.accept()
    stage.step()
    return stage
  }

  /** The subscription of the latest REFER. */
  refer(expires?: number): ReferNotifier {
    return new ReferNotifier(this.dialog, this.received.at(-1) as ReceivedRequest, { expires })
      .on('state', (state, { type }) => this.told.push(`is ${state} by ${type}`))
      .on('refresh', (_, seconds) => this.told.push(`refresh for ${seconds}`))
  }

  step(ms = 10): void {
    this.clock.advance(ms)
  }

  /** The peer sends a request in the dialog. */
  ask(method: string, ...lines: string[]): void {
    this.peer.request(method, this.peer.lastAnswer('REFER'), { lines })
    this.step()
  }

  /** What the latest NOTIFY says, once it is answered. */
  said(): string {
    this.step()
    const notify = this.peer.last('NOTIFY')
    this.peer.answer(notify, 200)
    this.step()
    const { headers, text } = notify
    return [headers.get('Event'), headers.get('Subscription-State'), text.trim()].join(' | ')
  }

  expectNothingLeft(): void {
    this.clock.advance(70_000)
    expect(DialogLayer.of(this.endpoint).size).toBe(0)
    expect(EvsubLayer.of(this.endpoint).size).toBe(0)
    expect(this.endpoint.transactions.size).toBe(0)
    expect(this.clock.pending).toBe(0)
  }
}

describe('ReferNotifier', () => {
  it('knows whom to contact, and who asks', async () => {
    const stage = await Stage.open([
      'r: Carol <sip:carol@example.com?Replaces=1>',
      'b: <sip:alice@example.com>',
    ])
    const notifier = stage.refer()
    expect(notifier.referTo.toString()).toBe('Carol <sip:carol@example.com?Replaces=1>')
    expect(notifier.referredBy?.uri.toString()).toBe('sip:alice@example.com')
    notifier.reject()
  })

  it('takes only a REFER with a Refer-To, and leaves nothing behind otherwise', async () => {
    const stage = await Stage.open([])
    expect(() => stage.refer()).toThrow(ParseError)
    expect(DialogLayer.of(stage.endpoint).size).toBe(0)
    expect(EvsubLayer.of(stage.endpoint).size).toBe(0)
    expect(stage.endpoint.transactions.size).toBe(0)
    stage.peer.open('OPTIONS', HERE)
    stage.step()
    expect(() => stage.refer()).toThrow(ArgumentError)
  })

  it('accepts with 202, or another 2xx, and with nothing else', async () => {
    const stage = await Stage.open()
    const notifier = stage.refer()
    for (const status of [100, 180, 300, 404, 603])
      expect(() => notifier.accept(status)).toThrow(ArgumentError)
    notifier.accept()
    stage.step()
    const { status, headers, contact } = stage.peer.lastAnswer('REFER')
    expect(status).toBe(202)
    expect(headers.get('Allow-Events')).toBe('refer')
    expect(headers.has('Expires')).toBe(false)
    expect(contact).toBeDefined()
    expect(() => notifier.accept()).toThrow(StateError)

    const other = await Stage.open()
    other.refer().accept(200, { headers: { 'Refer-Sub': 'true' } })
    other.step()
    expect(other.peer.lastAnswer('REFER').status).toBe(200)
    expect(other.peer.lastAnswer('REFER').headers.get('Refer-Sub')).toBe('true')
  })

  it('refuses with 603, or another failure, and that is all', async () => {
    const stage = await Stage.open()
    const notifier = stage.refer()
    expect(() => notifier.reject(200)).toThrow(ArgumentError)
    notifier.reject()
    stage.step()
    expect(stage.peer.heard()).toEqual(['603 REFER'])
    expect(() => notifier.notify('active', 100)).toThrow(StateError)
    stage.expectNothingLeft()
  })

  it('tells what comes of it', async () => {
    const stage = await Stage.follow()
    stage.notifier.send(stage.notifier.notify('active', 100))
    expect(stage.said()).toBe('refer | active;expires=600 | SIP/2.0 100 Trying')
    expect(stage.peer.last('NOTIFY').headers.get('Content-Type')).toBe('message/sipfrag;version=2.0')
    stage.notifier.send(stage.notifier.notify('active', 180, 'Klingelt'))
    expect(stage.said()).toBe('refer | active;expires=600 | SIP/2.0 180 Klingelt')
    stage.notifier.send(stage.notifier.notify('active', 183, ''))
    expect(stage.said()).toBe('refer | active;expires=600 | SIP/2.0 183 Session Progress')
    stage.notifier.send(stage.notifier.notify('terminated', 486))
    expect(stage.said()).toBe('refer | terminated;reason=noresource | SIP/2.0 486 Busy Here')
    expect(stage.told).toEqual([
      ...['is resp_wait by local', 'is active by local', 'is closing by local', 'is terminated by response'],
    ])
    stage.expectNothingLeft()
  })

  it('may be pending first', async () => {
    const stage = await Stage.follow(60)
    stage.notifier.send(stage.notifier.notify('pending', 100))
    expect(stage.said()).toBe('refer | pending;expires=60 | SIP/2.0 100 Trying')
    stage.notifier.send(stage.notifier.currentNotify())
    expect(stage.said()).toBe('refer | pending;expires=60 | SIP/2.0 100 Trying')
  })

  it('throws at what cannot be told, and stays as it was', async () => {
    const stage = await Stage.open()
    const notifier = stage.refer()
    expect(() => notifier.notify('active', 100)).toThrow(StateError)
    notifier.accept()
    for (const status of [0, 99, 700, 200.5, Number.NaN])
      expect(() => notifier.notify('active', status)).toThrow(ArgumentError)
    expect(() => notifier.notify('active', 200, 'a\r\nb')).toThrow(ArgumentError)
    expect(() => notifier.currentNotify()).toThrow(StateError)
  })

  it('tells the current state again, but not before there is one', async () => {
    const stage = await Stage.follow()
    expect(() => stage.notifier.currentNotify()).toThrow(StateError)
    stage.notifier.send(stage.notifier.notify('active', 180, 'Klingelt'))
    stage.said()
    stage.step(10_000)
    stage.notifier.send(stage.notifier.currentNotify())
    expect(stage.said()).toBe('refer | active;expires=590 | SIP/2.0 180 Klingelt')
    stage.notifier.send(stage.notifier.notify('terminated', 200))
    expect(() => stage.notifier.currentNotify()).toThrow(StateError)
  })

  it('answers a refresh, and tells the current state', async () => {
    const stage = await Stage.follow()
    stage.notifier.send(stage.notifier.notify('active', 180))
    stage.said()
    stage.step(300_000)
    stage.peer.heard()
    stage.ask('SUBSCRIBE', 'Event: refer', 'Expires: 900')
    expect(stage.peer.heard()).toEqual(['200 SUBSCRIBE', 'NOTIFY'])
    expect(stage.peer.lastAnswer('SUBSCRIBE').headers.get('Expires')).toBe('900')
    expect(stage.said()).toBe('refer | active;expires=900 | SIP/2.0 180 Ringing')
    stage.step(899_900)
    expect(stage.notifier.state).toBe('active')
  })

  it('answers a refresh before there is anything to tell with 100', async () => {
    const stage = await Stage.follow()
    stage.ask('SUBSCRIBE', 'Event: refer', 'Expires: 60')
    expect(stage.said()).toBe('refer | pending;expires=60 | SIP/2.0 100 Trying')
    expect(() => stage.notifier.currentNotify()).toThrow(StateError)
    stage.notifier.send(stage.notifier.notify('active', 180))
    expect(stage.said()).toBe('refer | active;expires=60 | SIP/2.0 180 Ringing')
  })

  it('ends when the peer wants no more', async () => {
    const stage = await Stage.follow()
    stage.notifier.send(stage.notifier.notify('active', 180))
    stage.said()
    stage.ask('SUBSCRIBE', 'Event: refer', 'Expires: 0')
    expect(stage.peer.lastAnswer('SUBSCRIBE').headers.get('Expires')).toBe('0')
    expect(stage.said()).toBe('refer | terminated;reason=timeout | SIP/2.0 180 Ringing')
    expect(stage.notifier.state).toBe('terminated')
    stage.expectNothingLeft()
  })

  it('ends when nobody refreshes, with what it knew last', async () => {
    const stage = await Stage.follow(60)
    stage.notifier.send(stage.notifier.notify('active', 180))
    stage.said()
    stage.step(60_000)
    expect(stage.said()).toBe('refer | terminated;reason=timeout | SIP/2.0 180 Ringing')
    expect(stage.told.slice(-2)).toEqual(['is closing by timeout', 'is terminated by response'])
    stage.expectNothingLeft()
  })

  it('goes by no id for the first REFER of a dialog, by its number for the others', async () => {
    const stage = await Stage.follow()
    stage.ask('REFER', 'Refer-To: <sip:dave@example.com>')
    const second = stage.refer()
    const { seq } = second.received.message.cseq
    second.accept()
    stage.step()
    second.send(second.notify('active', 180))
    expect(stage.said()).toBe(`refer;id=${seq} | active;expires=600 | SIP/2.0 180 Ringing`)
    stage.notifier.send(stage.notifier.notify('active', 100))
    expect(stage.said()).toBe('refer | active;expires=600 | SIP/2.0 100 Trying')

    stage.ask('SUBSCRIBE', `Event: refer;id=${seq}`, 'Expires: 0')
    expect(stage.said()).toMatch(`refer;id=${seq} | terminated`)
    expect(second.state).toBe('terminated')
    expect(stage.notifier.state).toBe('active')
    // The first by its number too, for those who always give one.
    const [first] = stage.received
    stage.ask('SUBSCRIBE', `Event: refer;id=${first?.message.cseq.seq}`, 'Expires: 0')
    expect(stage.said()).toMatch('refer | terminated')
    stage.ask('SUBSCRIBE', `Event: refer;id=${seq}`, 'Expires: 60')
    expect(stage.peer.lastAnswer('SUBSCRIBE').status).toBe(481)
    stage.expectNothingLeft()
  })

  it('ends when the peer knows nothing of it', async () => {
    const stage = await Stage.follow()
    stage.notifier.send(stage.notifier.notify('active', 180))
    stage.step()
    stage.peer.answer(stage.peer.last('NOTIFY'), 481)
    stage.step()
    expect(stage.told.at(-1)).toBe('is terminated by response')
    expect(() => stage.notifier.notify('active', 180)).toThrow(StateError)
    stage.expectNothingLeft()
  })

  it('can be given up', async () => {
    const stage = await Stage.follow()
    stage.notifier.terminate()
    expect(stage.notifier.state).toBe('terminated')
    stage.expectNothingLeft()
  })
})
