import {
  Endpoint,
  type EndpointOptions,
  type Headers,
  parseNameAddr,
  type SipRequest,
  StateError,
  TableMachine,
} from 'sip-core'
import {
  type Fate,
  LoopNetwork,
  type Packet,
  ScriptedPeer,
  SeededRandom,
  VirtualClock,
} from 'sip-core/testing'
import { type Cause, type Dialog, DialogLayer } from 'sip-ua/dialog'
import { describe, expect, it } from 'vitest'
import type { EventPackage } from './event-package.ts'
import { EvsubLayer } from './evsub-layer.ts'
import { SUBSCRIBER_TABLE, type SubscriberInput, type SubscriberState } from './subscriber.fsm.ts'
import { Subscriber, type SubscriberInit } from './subscriber.ts'

const weather: EventPackage = {
  name: 'weather',
  accept: ['text/plain', 'text/html'],
  defaultExpires: 600,
  minExpires: 0,
  maxExpires: 3600,
}

/** A subscriber with its endpoint, and a notifier that does as it is told. */
class Stage {
  readonly clock = new VirtualClock()
  readonly told: string[] = []
  endpoint!: Endpoint
  peer!: ScriptedPeer
  dialog!: Dialog
  subscriber!: Subscriber

  static async open(
    init: Partial<SubscriberInit> = {},
    decide?: (packet: Packet) => Fate | undefined,
    options: EndpointOptions = {},
  ): Promise<Stage> {
    const stage = new Stage()
    const network = new LoopNetwork({
      clock: stage.clock,
      random: new SeededRandom(1),
      ...(decide && { decide }),
    })
    stage.endpoint = await Endpoint.start(network.platform(), [network.udp('192.0.2.1')], options)
    stage.peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
    stage.dialog = DialogLayer.of(stage.endpoint).createUac({
      local: parseNameAddr('<sip:alice@example.com>'),
      remote: parseNameAddr('<sip:station@192.0.2.2>'),
    })
    stage.subscriber = stage.subscribe(init)
    return stage
  }

  subscribe(init: Partial<SubscriberInit> = {}): Subscriber {
    const tell = (what: string) => this.told.push(what)
    return new Subscriber(this.dialog, { package: weather, ...init })
      .on('state', (state, cause) => tell(`${state} by ${describeCause(cause)}`))
      .on('notify', ({ state, received }) => tell(`notify ${state} ${received.message.text}`.trim()))
      .on('accepted', ({ status }) => tell(`accepted ${status}`))
      .on('refused', (cause) => tell(`refused by ${describeCause(cause)}`))
      .on('expiring', (seconds) => tell(`expiring in ${seconds}`))
  }

  step(ms = 10): void {
    this.clock.advance(ms)
  }

  send(request = this.subscriber.createRequest()): void {
    this.subscriber.send(request)
    this.step()
  }

  answer(status: number, ...lines: string[]): void {
    this.peer.answer(this.peer.last('SUBSCRIBE'), status, { lines })
    this.step()
  }

  notify(state: string, event = 'weather'): void {
    const lines = [`Event: ${event}`, `Subscription-State: ${state}`]
    this.peer.request('NOTIFY', this.peer.last('SUBSCRIBE'), { lines })
    this.step()
  }

  /** To the state, with every request answered. */
  reach(state: SubscriberState): void {
    if (state !== 'init') {
      this.send()
      this.answer(200)
    }
    if (state === 'pending') this.notify('pending;expires=600')
    if (state === 'active' || state === 'terminated') this.notify('active;expires=600')
    if (state === 'terminated') this.notify('terminated;reason=giveup')
  }

  expectNothingLeft(): void {
    this.clock.advance(40_000)
    expect(DialogLayer.of(this.endpoint).size).toBe(0)
    expect(EvsubLayer.of(this.endpoint).size).toBe(0)
    expect(this.endpoint.transactions.size).toBe(0)
    expect(this.clock.pending).toBe(0)
  }
}

function describeCause(cause: Cause): string {
  switch (cause.type) {
    case 'timeout':
      return cause.error.timer
    case 'response':
      return String(cause.response.status)
    case 'request':
      return cause.request.method
    default:
      return cause.type
  }
}

/** The state after it, what was sent, what was told, and what ends the subscription after how much silence. */
type Row = readonly [next: SubscriberState, sent: string, told: string, end: string]
const NOTHING = '-'

const GIVEN_UP: Row = ['terminated', '', 'terminated by local', '']
const ends = (told: string, sent = ''): Row => ['terminated', sent, told, '']
const EMPTY = {
  send: NOTHING,
  terminate: NOTHING,
  success: NOTHING,
  silent: NOTHING,
  gone: NOTHING,
  failure: NOTHING,
  overtaken: NOTHING,
  'notify-active': NOTHING,
  'notify-pending': NOTHING,
  'notify-terminated': NOTHING,
  N: NOTHING,
  expiring: NOTHING,
  expiry: NOTHING,
} as const

/** Read off RFC 6665 §4.1.2. NOTIFYs say 100 s, refreshes 300 s, what was there before 600 s. */
const EXPECTED: Record<SubscriberState, Record<SubscriberInput, Row | typeof NOTHING>> = {
  init: {
    ...EMPTY,
    send: ['notify_wait', 'SUBSCRIBE', 'notify_wait by local', 'N after 32 s'],
    terminate: GIVEN_UP,
  },
  notify_wait: {
    send: ['notify_wait', 'SUBSCRIBE', '', 'N after 32 s'],
    terminate: GIVEN_UP,
    success: ['notify_wait', '', 'accepted 200', 'N after 32 s'],
    silent: ends('accepted 204, terminated by 204'),
    gone: ends('terminated by 481'),
    failure: ends('terminated by 500'),
    overtaken: ['notify_wait', 'SUBSCRIBE', '', 'N after 32 s'],
    'notify-active': ['active', '200 NOTIFY', 'notify active, active by NOTIFY', 'expiry after 132 s'],
    'notify-pending': ['pending', '200 NOTIFY', 'notify pending, pending by NOTIFY', 'expiry after 132 s'],
    'notify-terminated': ends('notify terminated, terminated by NOTIFY', '200 NOTIFY'),
    N: ends('terminated by N'),
    expiring: NOTHING,
    expiry: NOTHING,
  },
  pending: {
    send: ['pending', 'SUBSCRIBE', '', 'N after 32 s'],
    terminate: GIVEN_UP,
    success: ['pending', '', 'accepted 200', 'N after 32 s'],
    silent: ['pending', '', 'accepted 204', 'expiry after 332 s'],
    gone: ends('terminated by 481'),
    failure: ['pending', '', 'refused by 500', 'expiry after 632 s'],
    overtaken: ['pending', 'SUBSCRIBE', '', 'N after 32 s'],
    'notify-active': ['active', '200 NOTIFY', 'notify active, active by NOTIFY', 'expiry after 132 s'],
    'notify-pending': ['pending', '200 NOTIFY', 'notify pending', 'expiry after 132 s'],
    'notify-terminated': ends('notify terminated, terminated by NOTIFY', '200 NOTIFY'),
    N: ends('terminated by N'),
    expiring: ['pending', '', 'expiring in 32', 'expiry after 64 s'],
    expiry: ends('terminated by expiry'),
  },
  active: {
    send: ['active', 'SUBSCRIBE', '', 'N after 32 s'],
    terminate: GIVEN_UP,
    success: ['active', '', 'accepted 200', 'N after 32 s'],
    silent: ['active', '', 'accepted 204', 'expiry after 332 s'],
    gone: ends('terminated by 481'),
    failure: ['active', '', 'refused by 500', 'expiry after 632 s'],
    overtaken: ['active', 'SUBSCRIBE', '', 'N after 32 s'],
    'notify-active': ['active', '200 NOTIFY', 'notify active', 'expiry after 132 s'],
    'notify-pending': ['pending', '200 NOTIFY', 'notify pending, pending by NOTIFY', 'expiry after 132 s'],
    'notify-terminated': ends('notify terminated, terminated by NOTIFY', '200 NOTIFY'),
    N: ends('terminated by N'),
    expiring: ['active', '', 'expiring in 32', 'expiry after 64 s'],
    expiry: ends('terminated by expiry'),
  },
  terminated: EMPTY,
}

const RESPONSES: Partial<Record<SubscriberInput, number>> = {
  success: 200,
  silent: 204,
  gone: 481,
  failure: 500,
  overtaken: 500,
}

/** Lets an input come; what has to be so before it comes is done by `prepare`. */
const INPUTS: Record<SubscriberInput, (stage: Stage) => void> = {
  send: (stage) => stage.send(),
  terminate: ({ subscriber }) => subscriber.terminate(),
  success: (stage) => stage.answer(200, 'Expires: 300'),
  silent: (stage) => stage.answer(204, 'Expires: 300'),
  gone: (stage) => stage.answer(481),
  failure: (stage) => stage.answer(500),
  overtaken: (stage) => {
    stage.dialog.createRequest('OPTIONS')
    stage.answer(500)
  },
  'notify-active': (stage) => stage.notify('active;expires=100'),
  'notify-pending': (stage) => stage.notify('pending;expires=100'),
  'notify-terminated': (stage) => stage.notify('terminated;reason=noresource'),
  N: (stage) => stage.step(32_000),
  expiring: (stage) => stage.step(568_000),
  expiry: (stage) => stage.step(64_000),
}

function prepare(stage: Stage, state: SubscriberState, input: SubscriberInput): void {
  if (state === 'notify_wait' && input in RESPONSES) stage.send()
  else stage.reach(state)
  const established = state === 'pending' || state === 'active'
  if (established && (input in RESPONSES || input === 'N')) stage.send()
  if (established && input === 'N') stage.answer(200)
  if (established && input === 'expiry') stage.step(568_000)
}

describe('subscriber table', () => {
  for (const state of Object.keys(EXPECTED) as SubscriberState[]) {
    for (const input of Object.keys(EXPECTED[state]) as SubscriberInput[]) {
      it(`${state} x ${input}`, async () => {
        const row = EXPECTED[state][input]
        if (row === NOTHING) {
          const machine = new TableMachine(SUBSCRIBER_TABLE, state, {})
          expect(machine.take(input)).toBe(false)
          expect(machine.state).toBe(state)
          return
        }
        const stage = await Stage.open()
        prepare(stage, state, input)
        expect(stage.subscriber.state).toBe(state)
        stage.peer.heard()
        stage.told.length = 0
        INPUTS[input](stage)
        const [next, sent, told, end] = row
        expect(stage.subscriber.state).toBe(next)
        expect(stage.peer.heard().join(', ')).toBe(sent)
        expect(stage.told.join(', ')).toBe(told)
        stage.told.length = 0
        const start = stage.clock.now()
        let over = ''
        stage.subscriber.on('state', (_, cause) => {
          over = `${describeCause(cause)} after ${Math.round((stage.clock.now() - start) / 1000)} s`
        })
        stage.step(1_000_000)
        expect(over).toBe(end)
        stage.expectNothingLeft()
      })
    }
  }

  it('knows nothing after the end, though answers and NOTIFYs still come', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.send()
    stage.subscriber.terminate()
    stage.peer.heard()
    stage.told.length = 0
    stage.answer(200, 'Expires: 60')
    stage.notify('active')
    expect(stage.told).toEqual([])
    expect(stage.peer.heard()).toEqual(['481 NOTIFY'])
    expect(() => stage.subscriber.createRequest()).toThrow(StateError)
    expect(() => stage.subscriber.refresh()).toThrow(StateError)
    stage.subscriber.terminate()
    stage.expectNothingLeft()
  })

  it('takes no NOTIFY before it has asked for any', async () => {
    const stage = await Stage.open()
    const other = stage.subscribe({ id: 'other' })
    other.send(other.createRequest())
    stage.step()
    stage.notify('active')
    expect(stage.peer.heard()).toEqual(['SUBSCRIBE', '481 NOTIFY'])
    expect(stage.subscriber.state).toBe('init')
  })
})

describe('subscriber', () => {
  it('asks for what the package carries, and for so long as it is told', async () => {
    const stage = await Stage.open({ id: '7' })
    expect([stage.subscriber.name, stage.subscriber.package, stage.subscriber.id]).toEqual([
      'weather',
      weather,
      '7',
    ])
    stage.send(
      stage.subscriber.createRequest('SUBSCRIBE', { expires: 60, headers: { Supported: 'eventlist' } }),
    )
    const { headers } = stage.peer.last('SUBSCRIBE') as SipRequest<Headers>
    expect(headers.get('Event')).toBe('weather;id=7')
    expect(headers.get('Expires')).toBe('60')
    expect(headers.get('Accept')).toBe('text/plain, text/html')
    expect(headers.get('Allow-Events')).toBe('weather')
    expect(headers.get('Supported')).toBe('eventlist')
    stage.send()
    expect(stage.peer.last('SUBSCRIBE').headers.get('Expires')).toBe('600')
  })

  it('learns the dialog from a NOTIFY that outruns the answer', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.notify('active;expires=60')
    expect(stage.dialog.state).toBe('confirmed')
    expect(stage.dialog.remoteTag).toBe('peer')
    stage.answer(202)
    stage.subscriber.unsubscribe()
    stage.step()
    const { headers, to } = stage.peer.last('SUBSCRIBE')
    expect(to.tag).toBe('peer')
    expect(headers.get('Expires')).toBe('0')
    stage.answer(200, 'Expires: 0')
    stage.notify('terminated;reason=timeout')
    expect(stage.subscriber.state).toBe('terminated')
    expect(stage.subscriber.subscriptionState?.reason).toBe('timeout')
    stage.expectNothingLeft()
  })

  it('ends although the NOTIFY that should end it does not come', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.subscriber.unsubscribe()
    stage.step()
    stage.answer(200, 'Expires: 0')
    stage.step(32_000)
    expect(stage.told.at(-1)).toBe('terminated by N')
    stage.expectNothingLeft()
  })

  it('is over when nobody answers the request', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.step(32_000)
    expect(stage.subscriber.state).toBe('terminated')
    stage.expectNothingLeft()
  })

  it('waits anew with each request', async () => {
    const stage = await Stage.open()
    stage.reach('notify_wait')
    stage.step(20_000)
    stage.send()
    stage.answer(200)
    stage.step(31_900)
    expect(stage.subscriber.state).toBe('notify_wait')
    stage.step(200)
    expect(stage.told.at(-1)).toBe('terminated by N')
  })

  it('is over when nobody answers a refresh (RFC 6665 §4.1.2, Figure 1), not when it could not be sent', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.send()
    stage.notify('active;expires=600')
    stage.step(32_000)
    expect(stage.told.at(-1)).toBe('terminated by F')

    const lame = await Stage.open()
    lame.reach('active')
    await lame.endpoint.transports.close()
    lame.send()
    expect(lame.subscriber.state).toBe('active')
    expect(lame.told.at(-1)).toBe('refused by transport-error')
  })

  for (const status of [404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]) {
    it(`is over when a refresh is answered ${status} (RFC 6665 §4.1.2.2)`, async () => {
      const stage = await Stage.open()
      stage.reach('active')
      stage.send()
      stage.answer(status)
      expect(stage.subscriber.state).toBe('terminated')
      stage.expectNothingLeft()
    })
  }

  for (const status of [300, 302, 400, 403, 486, 500, 503, 603]) {
    it(`goes on when a refresh is answered ${status}`, async () => {
      const stage = await Stage.open()
      stage.reach('active')
      stage.send()
      stage.answer(status)
      expect(stage.subscriber.state).toBe('active')
      expect(stage.told.at(-1)).toBe(`refused by ${status}`)
    })
  }

  it('does not listen to provisional responses', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.answer(183)
    expect(stage.told).toEqual(['notify_wait by local'])
  })

  it('lasts as long as the answer says when the NOTIFY says nothing, else as long as the package', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.answer(200, 'Expires: 120')
    stage.notify('active')
    stage.step(120_000 + 31_900)
    expect(stage.subscriber.state).toBe('active')
    stage.step(200)
    expect(stage.told.at(-1)).toBe('terminated by expiry')

    const silent = await Stage.open()
    silent.send()
    silent.answer(200)
    silent.notify('active')
    silent.step(600_000 + 31_900)
    expect(silent.subscriber.state).toBe('active')
    silent.step(200)
    expect(silent.subscriber.state).toBe('terminated')
  })

  it('is not shortened by an answer that confirms no time, nor lengthened', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.send()
    stage.notify('active;expires=100')
    stage.answer(200, 'Expires: 0')
    stage.step(131_900)
    expect(stage.subscriber.state).toBe('active')
    stage.step(100)
    expect(stage.told.at(-1)).toBe('terminated by expiry')
  })

  it('tells when it is time to refresh, early enough for a request that has to be resent', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.answer(200, 'Expires: 20')
    stage.notify('active;expires=20')
    stage.step(9_980)
    expect(stage.told.at(-1)).toBe('active by NOTIFY')
    stage.step(20)
    expect(stage.told.at(-1)).toBe('expiring in 10')
  })

  it('refreshes of itself when asked to', async () => {
    const stage = await Stage.open({ autoRefresh: true })
    stage.reach('active')
    stage.peer.heard()
    stage.step(568_000)
    expect(stage.peer.heard()[0]).toBe('SUBSCRIBE')
    stage.answer(200, 'Expires: 600')
    stage.notify('active;expires=600')
    stage.step(500_000)
    expect(stage.subscriber.state).toBe('active')
  })

  it('refuses a NOTIFY without Subscription-State, and stays as it was', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.peer.heard()
    stage.peer.request('NOTIFY', stage.peer.last('SUBSCRIBE'), { lines: ['Event: weather'] })
    stage.step()
    expect(stage.peer.heard()).toEqual(['400 NOTIFY'])
    expect(stage.subscriber.state).toBe('active')
  })

  it('makes no dialog of a NOTIFY that it refuses', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.peer.request('NOTIFY', stage.peer.last('SUBSCRIBE'), { lines: ['Event: weather'] })
    stage.step()
    expect(stage.peer.heard()).toEqual(['SUBSCRIBE', '400 NOTIFY'])
    expect(stage.dialog.state).toBe('null')
  })

  it('lets the application refuse a NOTIFY', async () => {
    const stage = await Stage.open({
      judge: ({ message }) =>
        message.text === 'rain' ? { status: 415, headers: { Accept: 'text/plain' } } : undefined,
    })
    stage.send()
    stage.answer(200)
    const lines = ['Event: weather', 'Subscription-State: active', 'Content-Type: text/x']
    stage.peer.request('NOTIFY', stage.peer.last('SUBSCRIBE'), { lines, body: 'rain' })
    stage.step()
    expect(stage.subscriber.state).toBe('notify_wait')
    stage.peer.request('NOTIFY', stage.peer.last('SUBSCRIBE'), { lines, body: 'sun' })
    stage.step()
    expect(stage.peer.heard()).toEqual(['SUBSCRIBE', '415 NOTIFY', '200 NOTIFY'])
    expect(stage.told.slice(-2)).toEqual(['notify active sun', 'active by NOTIFY'])
  })

  it('takes NOTIFYs only', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.peer.heard()
    const lines = ['Event: weather', 'Subscription-State: terminated']
    for (const method of ['SUBSCRIBE', 'OPTIONS']) {
      stage.peer.request(method, stage.peer.last('SUBSCRIBE'), { lines })
      stage.step()
    }
    expect(stage.peer.heard()).toEqual(['481 SUBSCRIBE', '200 OPTIONS'])
    expect(stage.subscriber.state).toBe('active')
  })

  it('takes a state that it does not know for active', async () => {
    const stage = await Stage.open()
    stage.send()
    stage.notify('drowsy;expires=60')
    expect(stage.subscriber.state).toBe('active')
  })

  it('takes a doubled NOTIFY once', async () => {
    const stage = await Stage.open({}, (packet) =>
      packet.from.host === '192.0.2.2' ? { type: 'duplicate' } : undefined,
    )
    stage.reach('active')
    expect(stage.told.filter((line) => line.startsWith('notify '))).toHaveLength(1)
    expect(stage.peer.heard()).toEqual(['SUBSCRIBE', '200 NOTIFY', '200 NOTIFY'])
  })

  it('names its id byte by byte, and takes no other', async () => {
    const stage = await Stage.open({ id: 'a' })
    stage.send()
    for (const event of ['weather', 'weather;id=A', 'weather;id=b', 'Weather;id=a', 'weather;id=a'])
      stage.notify('active', event)
    expect(stage.peer.heard()).toEqual([
      'SUBSCRIBE',
      ...['481 NOTIFY', '481 NOTIFY', '481 NOTIFY', '489 NOTIFY', '200 NOTIFY'],
    ])
  })

  it('cannot refresh before a NOTIFY has told an id that the notifier gives', async () => {
    const stage = await Stage.open({ id: 'given' })
    stage.send(stage.subscriber.createRequest('SUBSCRIBE'))
    expect(() => stage.subscriber.refresh()).toThrow(StateError)
    stage.notify('active', 'weather;id=99')
    stage.subscriber.refresh(30)
    stage.step()
    expect(stage.peer.last('SUBSCRIBE').headers.get('Event')).toBe('weather;id=99')
    expect(stage.peer.last('SUBSCRIBE').headers.get('Expires')).toBe('30')
  })

  it('repeats a request that another one of the dialog has overtaken', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.send()
    const first = stage.peer.last('SUBSCRIBE')
    stage.dialog.send(stage.dialog.createRequest('OPTIONS'), { onClientRequest: () => {} })
    stage.step()
    stage.peer.answer(first, 500)
    stage.step()
    const again = stage.peer.last('SUBSCRIBE')
    expect(again.cseq.seq).toBe(first.cseq.seq + 2)
    expect(again.via.branch).not.toBe(first.via.branch)
    expect(again.headers.getAll('Via')).toHaveLength(1)
    stage.answer(500)
    expect(stage.told.at(-1)).toBe('refused by 500')
  })

  it('ends with its endpoint', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    await stage.endpoint.close()
    expect(stage.told.at(-1)).toBe('terminated by local')
    stage.step()
    expect(stage.clock.pending).toBe(0)
  })

  it('is given back when this end goes away, in whatever state it is', async () => {
    for (const state of ['notify_wait', 'pending', 'active'] as const) {
      const stage = await Stage.open()
      stage.reach(state)
      stage.peer.heard()
      stage.subscriber.end()
      stage.step()
      expect(stage.peer.heard()).toEqual(['SUBSCRIBE'])
      expect(stage.peer.last('SUBSCRIBE').headers.get('Expires')).toBe('0')
      stage.answer(200)
      stage.notify('terminated;reason=timeout')
      stage.subscriber.end()
      stage.expectNothingLeft()
    }
    const stage = await Stage.open()
    stage.subscriber.end()
    expect(stage.subscriber.state).toBe('terminated')
    stage.step()
    expect(stage.peer.heard()).toEqual([])
  })

  it('has no place beyond the limit', async () => {
    const stage = await Stage.open({}, undefined, { limits: { subscriptions: 1 } })
    expect(() => stage.subscribe()).toThrow(expect.objectContaining({ code: 'SIP_LIMIT' }))
    stage.subscriber.terminate()
    stage.expectNothingLeft()
  })
})
