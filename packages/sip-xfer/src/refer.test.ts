import { Endpoint, parseMessage, parseNameAddr, type Received, type ReceivedRequest } from 'sip-core'
import {
  type Fate,
  type Faults,
  LoopNetwork,
  type Packet,
  SeededRandom,
  VirtualClock,
} from 'sip-core/testing'
import { EvsubLayer } from 'sip-simple'
import { type Dialog, type DialogEvent, DialogLayer, type DialogUsage } from 'sip-ua/dialog'
import { describe, expect, it } from 'vitest'
import { installRefer, ReferNotifier, ReferSubscriber } from './refer.ts'

type Decide = (packet: Packet) => Fate | undefined

interface PairOptions {
  readonly seed?: number
  readonly faults?: Partial<Faults>
  readonly decide?: Decide
  readonly tcp?: boolean
}

/** What a call is to a REFER: something else that lives in the dialog until a BYE. */
class Call implements DialogUsage {
  readonly name = 'call'
  readonly dialog: Dialog

  constructor(dialog: Dialog) {
    this.dialog = dialog
    dialog.attach(this)
  }

  onDialog({ received }: DialogEvent): boolean {
    if (received.message.method !== 'BYE') return false
    this.dialog.respond(received, 200)
    this.dialog.detach(this)
    return true
  }

  hangUp(): void {
    const bye = this.dialog.createRequest('BYE')
    this.dialog.send(bye, {
      onClientRequest: ({ type }) => {
        if (type === 'terminated') this.dialog.detach(this)
      },
    })
  }
}

/** Alice refers Bob to somebody. */
class Pair {
  readonly clock = new VirtualClock()
  readonly network: LoopNetwork
  readonly lines: string[] = []
  /** What Alice was told, by the name of the subscription. */
  readonly told = new Map<string, string[]>()
  /** What Bob does with a REFER. */
  onRefer: (notifier: ReferNotifier) => void = (notifier) => this.follow(notifier, [100, 180, 200])
  alice!: Endpoint
  bob!: Endpoint
  calls: Call[] = []
  notifiers: ReferNotifier[] = []

  private constructor({ seed = 1, faults = {}, decide }: PairOptions) {
    const { clock } = this
    this.network = new LoopNetwork({
      clock,
      random: new SeededRandom(seed),
      faults,
      ...(decide && { decide }),
    })
    this.network.on('packet', (packet) => this.lines.push(lineOf(packet)))
  }

  static async open(options: PairOptions = {}): Promise<Pair> {
    const pair = new Pair(options)
    const { network } = pair
    const transport = (host: string) => (options.tcp ? network.tcp(host) : network.udp(host))
    pair.alice = await Endpoint.start(network.platform(), [transport('192.0.2.1')])
    pair.bob = await Endpoint.start(network.platform(), [transport('192.0.2.2')])
    for (const endpoint of [pair.alice, pair.bob]) {
      DialogLayer.of(endpoint)
      installRefer(endpoint)
      endpoint.capabilities.methods.add('BYE')
    }
    pair.bob.use({ name: 'bob', priority: 64, receive: (received) => pair.#arrived(received) })
    return pair
  }

  dial(tcp = false): Dialog {
    return DialogLayer.of(this.alice).createUac({
      local: parseNameAddr('<sip:alice@example.com>'),
      remote: parseNameAddr(`<sip:bob@192.0.2.2${tcp ? ';transport=tcp' : ''}>`),
    })
  }

  /** Alice sends a REFER. */
  refer(dialog: Dialog, name = 'refer'): ReferSubscriber {
    const told: string[] = []
    this.told.set(name, told)
    const subscriber = new ReferSubscriber(dialog)
      .on('notify', ({ state, status }) => told.push(`${state} ${status}`))
      .on('accepted', ({ status }) => told.push(`accepted ${status}`))
      .on('state', (state, cause) => {
        if (state === 'terminated') told.push(`over by ${cause.type}`)
      })
    subscriber.send(subscriber.initiate('sip:carol@example.com', { headers: { Subject: name } }))
    return subscriber
  }

  /** Bob follows, and reports each status half a second after the one before. */
  follow(notifier: ReferNotifier, statuses: readonly number[]): void {
    notifier.accept()
    const report = (index: number) => {
      const status = statuses[index]
      if (status === undefined || notifier.state === 'terminated' || notifier.state === 'closing') return
      notifier.send(notifier.notify(status < 200 ? 'active' : 'terminated', status))
      this.clock.setTimer(500, () => report(index + 1))
    }
    report(0)
  }

  step(ms: number): void {
    this.clock.advance(ms)
  }

  /** The last thing that Alice was told. */
  ended(name = 'refer'): string {
    return this.told.get(name)?.slice(-2).join(', ') ?? ''
  }

  expectNothingLeft(): void {
    this.clock.advance(140_000)
    for (const endpoint of [this.alice, this.bob]) {
      expect(DialogLayer.of(endpoint).size).toBe(0)
      expect(EvsubLayer.of(endpoint).size).toBe(0)
      expect(endpoint.transactions.size).toBe(0)
    }
    expect(this.clock.pending).toBe(0)
  }

  #arrived(received: Received): boolean {
    if (received.type === 'response' || received.message.method !== 'REFER') return false
    const notifier = new ReferNotifier(this.#dialogOf(received), received)
    this.notifiers.push(notifier)
    this.onRefer(notifier)
    return true
  }

  #dialogOf(received: ReceivedRequest): Dialog {
    const { callId, to, from } = received.message
    const layer = DialogLayer.of(this.bob)
    const known = to.tag === undefined ? undefined : layer.find(callId, to.tag, from.tag)
    return known ?? layer.createUas(received)
  }

  /** A dialog with a call in it at both ends, for whatever REFERs come; its own one is over. */
  async talk(): Promise<Dialog> {
    const { onRefer } = this
    this.onRefer = (notifier) => {
      this.calls.push(new Call(notifier.dialog))
      notifier.accept()
      notifier.send(notifier.notify('terminated', 200))
    }
    const dialog = this.dial()
    this.calls.push(new Call(dialog))
    this.refer(dialog)
    this.step(1000)
    this.onRefer = onRefer
    this.lines.length = 0
    this.notifiers.length = 0
    return dialog
  }
}

function lineOf({ from, bytes }: Packet): string {
  const result = parseMessage(bytes)
  const who = from.host === '192.0.2.1' ? 'alice' : 'bob'
  if (result.type === 'request') return `${who} ${result.request.method}`
  return result.type === 'response'
    ? `${who} ${result.response.status} ${result.response.cseq.method}`
    : result.type
}

/** Decides over the packets that a test names by their lines: the fate of the first so many of them. */
function first(count: number, line: string, fate: Fate = { type: 'drop' }): Decide {
  let seen = 0
  return (packet) => (lineOf(packet) === line && seen++ < count ? fate : undefined)
}

const WHOLE = ['accepted 202', 'active 100', 'active 180', 'terminated 200', 'over by request']

describe('a REFER outside of a dialog', () => {
  it('makes the dialog, in which the NOTIFYs come', async () => {
    const pair = await Pair.open()
    const dialog = pair.dial()
    const subscriber = pair.refer(dialog)
    expect(subscriber.state).toBe('notify_wait')
    pair.step(600)
    expect(dialog.state).toBe('confirmed')
    expect([DialogLayer.of(pair.alice).size, DialogLayer.of(pair.bob).size]).toEqual([1, 1])
    pair.step(1000)
    expect(pair.told.get('refer')).toEqual(WHOLE)
    expect(pair.lines).toEqual([
      ...['alice REFER', 'bob 202 REFER'],
      ...[
        'bob NOTIFY',
        'alice 200 NOTIFY',
        'bob NOTIFY',
        'alice 200 NOTIFY',
        'bob NOTIFY',
        'alice 200 NOTIFY',
      ],
    ])
    expect(dialog.state).toBe('terminated')
    pair.expectNothingLeft()
  })

  it('works over a reliable transport, and is gone at once', async () => {
    const pair = await Pair.open({ tcp: true })
    pair.refer(pair.dial(true))
    pair.step(2000)
    expect(pair.told.get('refer')).toEqual(WHOLE)
    expect(pair.clock.pending).toBe(0)
    pair.expectNothingLeft()
  })

  it('that is refused leaves nothing', async () => {
    const pair = await Pair.open()
    pair.onRefer = (notifier) => notifier.reject(403)
    pair.refer(pair.dial())
    pair.step(100)
    expect(pair.told.get('refer')).toEqual(['over by response'])
    pair.expectNothingLeft()
  })
})

describe('a network that loses', () => {
  it('the 202: the NOTIFY comes first', async () => {
    const pair = await Pair.open({ decide: first(1, 'bob 202 REFER') })
    const dialog = pair.dial()
    const subscriber = pair.refer(dialog)
    pair.step(10)
    expect(subscriber.state).toBe('active')
    expect(dialog.state).toBe('confirmed')
    expect(pair.told.get('refer')).toEqual(['active 100'])
    pair.step(3000)
    expect(pair.told.get('refer')).toEqual([
      ...['active 100', 'active 180', 'accepted 202', 'terminated 200', 'over by request'],
    ])
    expect(pair.notifiers).toHaveLength(1)
    pair.expectNothingLeft()
  })

  it('the 202 until the last NOTIFY has come', async () => {
    const pair = await Pair.open({ decide: first(3, 'bob 202 REFER') })
    pair.refer(pair.dial())
    pair.step(1200)
    expect(pair.told.get('refer')).toEqual(['active 100', 'active 180', 'terminated 200', 'over by request'])
    pair.expectNothingLeft()
    expect(pair.told.get('refer')).toHaveLength(4)
  })

  // What goes over the network when nothing is lost, and then what is resent.
  for (let index = 1; index <= 9; index++) {
    for (const fate of [{ type: 'drop' }, { type: 'duplicate' }, { type: 'delay', by: 700 }] as const) {
      it(`packet ${index}, or has it ${fate.type}: all comes in its order`, async () => {
        const pair = await Pair.open({ decide: (packet) => (packet.index === index ? fate : undefined) })
        pair.refer(pair.dial())
        pair.step(10_000)
        const told = pair.told.get('refer') ?? []
        expect(told.filter((line) => line !== 'accepted 202')).toEqual(WHOLE.slice(1))
        expect(pair.notifiers).toHaveLength(1)
        pair.expectNothingLeft()
      })
    }
  }

  it.each([
    ['every REFER', 'alice REFER', ['over by timeout']],
    ['every 202 and every NOTIFY', 'bob', ['over by timeout']],
    ['every NOTIFY', 'bob NOTIFY', ['accepted 202', 'over by timeout']],
  ])('%s: Alice is told that it is over', async (_, lost, told) => {
    const pair = await Pair.open({
      decide: (packet) => (lineOf(packet).startsWith(lost) ? { type: 'drop' } : undefined),
    })
    pair.refer(pair.dial())
    pair.step(40_000)
    expect(pair.told.get('refer')).toEqual(told)
    pair.expectNothingLeft()
  })

  it('every answer to the last NOTIFY: Bob gives up after a while', async () => {
    const pair = await Pair.open()
    pair.refer(pair.dial())
    pair.step(999)
    pair.network.decide = (packet) => (lineOf(packet) === 'alice 200 NOTIFY' ? { type: 'drop' } : undefined)
    pair.step(1000)
    expect(pair.ended()).toBe('terminated 200, over by request')
    expect(pair.notifiers[0]?.state).toBe('closing')
    pair.expectNothingLeft()
  })

  it('every last NOTIFY: Alice is told once the subscription has expired', async () => {
    const pair = await Pair.open()
    pair.refer(pair.dial())
    pair.step(999)
    pair.network.decide = (packet) => (lineOf(packet) === 'bob NOTIFY' ? { type: 'drop' } : undefined)
    pair.step(600_000)
    expect(pair.ended()).toBe('active 100, active 180')
    pair.step(40_000)
    expect(pair.ended()).toBe('active 180, over by timeout')
    pair.expectNothingLeft()
  })

  it('doubles and reorders at random: Alice always learns the end, and nothing is left', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const faults = { loss: 0.2, duplication: 0.2, reordering: 0.2, reorderDelay: 900 }
      const pair = await Pair.open({ seed, faults })
      pair.refer(pair.dial())
      pair.step(1_000_000)
      expect([seed, pair.ended()]).toEqual([seed, 'terminated 200, over by request'])
      expect(pair.notifiers).toHaveLength(1)
      pair.expectNothingLeft()
    }
  })
})

describe('the subscription beside a call', () => {
  it('goes on when the call ends', async () => {
    const pair = await Pair.open()
    const dialog = await pair.talk()
    pair.refer(dialog)
    pair.step(100)
    pair.calls[0]?.hangUp()
    pair.step(10)
    expect(dialog.usages).toHaveLength(2)
    pair.step(6000)
    expect(pair.told.get('refer')).toEqual(WHOLE)
    expect(pair.lines.filter((line) => line.endsWith(' BYE'))).toEqual(['alice BYE', 'bob 200 BYE'])
    pair.expectNothingLeft()
  })

  it('leaves the call when it ends first', async () => {
    const pair = await Pair.open()
    const dialog = await pair.talk()
    pair.refer(dialog)
    pair.step(50_000)
    expect(pair.told.get('refer')).toEqual(WHOLE)
    expect(dialog.state).toBe('confirmed')
    expect(dialog.usages).toHaveLength(1)
    pair.calls[0]?.hangUp()
    pair.step(10)
    pair.expectNothingLeft()
  })

  it('does not suffer when the BYE of the other end overtakes a lost NOTIFY (RFC 3261 §12.2.2)', async () => {
    const pair = await Pair.open()
    const dialog = await pair.talk()
    pair.refer(dialog)
    pair.step(499)
    pair.network.decide = first(1, 'bob NOTIFY')
    pair.step(50)
    pair.calls[1]?.hangUp()
    pair.step(10_000)
    expect(pair.lines).toContain('alice 500 NOTIFY')
    // 180 is out of date by the time it would be its turn.
    expect(pair.told.get('refer')).toEqual(WHOLE.filter((line) => line !== 'active 180'))
    pair.expectNothingLeft()
  })

  it('tells two REFERs apart by the id', async () => {
    const pair = await Pair.open()
    const dialog = await pair.talk()
    const statuses = [
      [100, 486],
      [100, 180, 183, 200],
    ]
    pair.onRefer = (notifier) => pair.follow(notifier, statuses.shift() ?? [])
    pair.refer(dialog, 'one')
    pair.refer(dialog, 'two')
    pair.step(5000)
    expect(pair.told.get('one')).toEqual(['accepted 202', 'active 100', 'terminated 486', 'over by request'])
    expect(pair.told.get('two')).toEqual([
      ...['accepted 202', 'active 100', 'active 180', 'active 183', 'terminated 200', 'over by request'],
    ])
    pair.calls[0]?.hangUp()
    pair.step(10)
    pair.expectNothingLeft()
  })

  it('is not mixed up with one that the other end has in the same dialog', async () => {
    const pair = await Pair.open()
    const dialog = await pair.talk()
    const back: ReferNotifier[] = []
    pair.alice.use({
      name: 'alice',
      priority: 64,
      receive: (received) => {
        if (received.type === 'response' || received.message.method !== 'REFER') return false
        const notifier = new ReferNotifier(dialog, received)
        back.push(notifier)
        pair.follow(notifier, [100, 404])
        return true
      },
    })
    pair.onRefer = (notifier) => {
      pair.follow(notifier, [100, 180, 200])
      pair.refer(notifier.dialog, 'back')
    }
    const subscriber = pair.refer(dialog)
    pair.step(100)
    subscriber.refresh(300)
    pair.step(100)
    expect(pair.notifiers[0]?.subscription.timeLeft).toBe(300)
    // Alice has had a REFER in this dialog before, Bob has not.
    expect(pair.notifiers[0]?.subscription.id).toBe('2')
    expect(back[0]?.subscription.timeLeft).toBe(600)
    pair.step(2000)
    expect(pair.ended()).toBe('terminated 200, over by request')
    expect(pair.ended('back')).toBe('terminated 404, over by request')
    pair.calls[0]?.hangUp()
    pair.step(10)
    pair.expectNothingLeft()
  })

  it('tells several REFERs apart on a bad network too, with the call ending in between', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const pair = await Pair.open({ seed })
      const dialog = await pair.talk()
      const faults = new SeededRandom(seed)
      pair.network.decide = () => (faults.uint32() % 4 === 0 ? { type: 'drop' } : undefined)
      // What is reported tells which REFER it is about.
      const finals = [410, 420, 430]
      pair.onRefer = (notifier) => {
        const name = notifier.received.message.headers.get('Subject')
        pair.follow(notifier, [100, 180, finals[Number(name)] ?? 500])
      }
      const names = ['0', '1', '2']
      for (const name of names) pair.refer(dialog, name)
      for (
        let ms = 0;
        ms < 30_000 && names.some((name) => !pair.told.get(name)?.includes('accepted 202'));
        ms += 10
      )
        pair.step(10)
      pair.calls[0]?.hangUp()
      pair.step(1_000_000)
      for (const name of names)
        expect([seed, name, pair.ended(name)]).toEqual([
          seed,
          name,
          `terminated ${finals[Number(name)]}, over by request`,
        ])
      expect(pair.notifiers).toHaveLength(3)
      pair.expectNothingLeft()
    }
  })
})

describe('the time of the subscription', () => {
  /** Bob accepts for a minute and reports that it rings. */
  async function ringing() {
    const pair = await Pair.open()
    let notifier!: ReferNotifier
    pair.bob.use({
      name: 'brief',
      priority: 60,
      receive: (received) => {
        if (received.type === 'response' || received.message.method !== 'REFER') return false
        notifier = new ReferNotifier(DialogLayer.of(pair.bob).createUas(received), received, { expires: 60 })
        notifier.accept()
        notifier.send(notifier.notify('active', 180))
        return true
      },
    })
    const subscriber = pair.refer(pair.dial())
    pair.step(100)
    return { pair, subscriber, notifier }
  }

  it('ends it', async () => {
    const { pair, subscriber, notifier } = await ringing()
    pair.step(60_000)
    expect(pair.ended()).toBe('terminated 180, over by request')
    expect(subscriber.subscription.subscriptionState?.reason).toBe('timeout')
    expect(notifier.state).toBe('terminated')
    pair.expectNothingLeft()
  })

  it('is prolonged by a refresh, which brings the state again', async () => {
    const { pair, subscriber, notifier } = await ringing()
    pair.step(50_000)
    pair.lines.length = 0
    subscriber.refresh(30)
    pair.step(20_000)
    expect(pair.lines).toEqual(['alice SUBSCRIBE', 'bob 200 SUBSCRIBE', 'bob NOTIFY', 'alice 200 NOTIFY'])
    expect(pair.ended()).toBe('accepted 200, active 180')
    notifier.send(notifier.notify('terminated', 200))
    pair.step(100)
    expect(pair.ended()).toBe('terminated 200, over by request')
    pair.expectNothingLeft()
  })

  it('is cut off by an unsubscribe', async () => {
    const { pair, subscriber, notifier } = await ringing()
    subscriber.unsubscribe()
    pair.step(10)
    expect(pair.ended()).toBe('terminated 180, over by request')
    expect([subscriber.state, notifier.state]).toEqual(['terminated', 'terminated'])
    pair.expectNothingLeft()
  })

  it('goes on when a refresh crosses the last NOTIFY', async () => {
    const { pair, subscriber, notifier } = await ringing()
    notifier.send(notifier.notify('terminated', 200))
    subscriber.refresh()
    pair.step(100)
    expect(pair.ended()).toBe('terminated 200, over by request')
    expect(pair.lines).toContain('bob 481 SUBSCRIBE')
    pair.expectNothingLeft()
  })

  it('is over at Bob when Alice has given up', async () => {
    const { pair, subscriber, notifier } = await ringing()
    subscriber.terminate()
    notifier.send(notifier.notify('active', 183))
    pair.step(10)
    expect(pair.lines).toContain('alice 481 NOTIFY')
    expect(notifier.state).toBe('terminated')
    pair.expectNothingLeft()
  })
})
