import { ArgumentError, Endpoint, type EndpointOptions, StateError, TableMachine } from 'sip-core'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from 'sip-core/testing'
import { type Cause, DialogLayer } from 'sip-ua/dialog'
import { describe, expect, it } from 'vitest'
import type { EventPackage } from './event-package.ts'
import { EvsubLayer } from './evsub-layer.ts'
import { NOTIFIER_TABLE, type NotifierInput, type NotifierState } from './notifier.fsm.ts'
import { Notifier, type NotifierInit } from './notifier.ts'
import type { NotifyState } from './notify-state.ts'

const weather: EventPackage = {
  name: 'weather',
  accept: ['text/plain'],
  defaultExpires: 600,
  minExpires: 60,
  maxExpires: 3600,
}

const ASKED = ['Event: weather', 'Expires: 600']
const HERE = { host: '192.0.2.1', port: 5060 }

/** A notifier with its endpoint, and a subscriber that does as it is told. */
class Stage {
  readonly clock = new VirtualClock()
  readonly told: string[] = []
  endpoint!: Endpoint
  peer!: ScriptedPeer
  notifier!: Notifier
  weather = 'sun'

  static async open(
    init: Partial<NotifierInit> = {},
    lines: readonly string[] = ASKED,
    options: EndpointOptions = {},
  ): Promise<Stage> {
    const stage = new Stage()
    const network = new LoopNetwork({ clock: stage.clock, random: new SeededRandom(1) })
    stage.endpoint = await Endpoint.start(network.platform(), [network.udp(HERE.host)], options)
    stage.peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
    EvsubLayer.of(stage.endpoint).register(weather, (received) => {
      const dialog = DialogLayer.of(stage.endpoint).createUas(received)
      const current = () => ({ type: 'text/plain', content: stage.weather })
      stage.notifier = new Notifier(dialog, received, { package: weather, current, ...init })
        .on('state', (state, cause) => stage.told.push(`${state} by ${describeCause(cause)}`))
        .on('refresh', (_, seconds) => stage.told.push(`refresh for ${seconds}`))
    })
    stage.peer.open('SUBSCRIBE', HERE, { lines })
    stage.step()
    return stage
  }

  step(ms = 10): void {
    this.clock.advance(ms)
  }

  /** The application sends a NOTIFY. */
  send(state: NotifyState, content?: string): void {
    const init = content === undefined ? {} : { body: { type: 'text/plain', content } }
    this.notifier.send(this.notifier.createNotify(state, init))
    this.step()
  }

  /** The subscriber answers the latest NOTIFY. */
  answer(status = 200, ...lines: string[]): void {
    this.peer.answer(this.peer.last('NOTIFY'), status, { lines })
    this.step()
  }

  /** The subscriber sends a SUBSCRIBE within the dialog. */
  subscribe(expires: number | undefined, event = 'weather'): void {
    const lines = [`Event: ${event}`, ...(expires === undefined ? [] : [`Expires: ${expires}`])]
    this.peer.request('SUBSCRIBE', this.peer.lastAnswer('SUBSCRIBE'), { lines })
    this.step()
  }

  /** What the latest NOTIFY says. */
  get said(): string {
    const { headers, text } = this.peer.last('NOTIFY')
    return `${headers.get('Subscription-State')} ${text}`.trim()
  }

  /** To the state, with every NOTIFY answered. */
  reach(state: NotifierState): void {
    if (state === 'init') return
    this.notifier.accept()
    this.step()
    if (state === 'resp_wait') return
    this.send(state === 'pending' ? 'pending' : 'active')
    this.answer()
    if (state === 'closing' || state === 'terminated') this.send('terminated')
    if (state === 'terminated') this.answer()
  }

  /** What comes by itself while the subscriber keeps silent: when, which NOTIFY, and the end. */
  silence(): string {
    const start = this.clock.now()
    const after = () => `after ${Math.round((this.clock.now() - start) / 1000)} s`
    const seen: string[] = []
    this.notifier.on('state', (state, cause) => seen.push(`${state} by ${describeCause(cause)} ${after()}`))
    this.step(1_000_000)
    return seen.join(', ')
  }

  expectNothingLeft(): void {
    this.clock.advance(70_000)
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

/** The state after it, what was sent, what the NOTIFY said, what was told, and what comes of silence. */
type Row = readonly [next: NotifierState, sent: string, said: string, told: string, silence: string]
const NOTHING = '-'

const GIVEN_UP: Row = ['terminated', '', '', 'terminated by local', '']
const UNANSWERED = 'terminated by F after 32 s'
const FAILED: Row = ['terminated', '', '', 'terminated by 481', '']
const EXPIRED: Row = ['closing', 'NOTIFY', 'terminated;reason=timeout sun', 'closing by expiry', UNANSWERED]
const BRIEF = (self: NotifierState): Row => [
  self,
  '423 SUBSCRIBE',
  '',
  '',
  `closing by expiry after 600 s, ${LATER}`,
]
const LATER = 'terminated by F after 632 s'
const UNSUBSCRIBED: Row = [
  ...(['closing', '200 SUBSCRIBE, NOTIFY', 'terminated;reason=timeout sun'] as const),
  ...(['closing by SUBSCRIBE', UNANSWERED] as const),
]
const ENDED: Row = ['closing', 'NOTIFY', 'terminated', 'closing by local', UNANSWERED]
const EMPTY = {
  accept: NOTHING,
  reject: NOTHING,
  terminate: NOTHING,
  'notify-active': NOTHING,
  'notify-pending': NOTHING,
  'notify-terminated': NOTHING,
  refresh: NOTHING,
  unsubscribe: NOTHING,
  'too-brief': NOTHING,
  delivered: NOTHING,
  undelivered: NOTHING,
  expiry: NOTHING,
  linger: NOTHING,
} as const

/** Read off RFC 6665 §4.2. The subscription is for 600 s, refreshes are for 300 s. */
const EXPECTED: Record<NotifierState, Record<NotifierInput, Row | typeof NOTHING>> = {
  init: {
    ...EMPTY,
    accept: [
      ...(['resp_wait', '200 SUBSCRIBE', '', 'resp_wait by local'] as const),
      `closing by expiry after 600 s, ${LATER}`,
    ],
    reject: ['terminated', '603 SUBSCRIBE', '', 'terminated by local', ''],
    terminate: ['terminated', '480 SUBSCRIBE', '', 'terminated by local', ''],
  },
  resp_wait: {
    ...EMPTY,
    terminate: GIVEN_UP,
    'notify-active': ['active', 'NOTIFY', 'active;expires=600', 'active by local', UNANSWERED],
    'notify-pending': ['pending', 'NOTIFY', 'pending;expires=600', 'pending by local', UNANSWERED],
    'notify-terminated': ENDED,
    refresh: [
      ...(['pending', '200 SUBSCRIBE, NOTIFY', 'pending;expires=300 sun'] as const),
      ...(['refresh for 300, pending by SUBSCRIBE', UNANSWERED] as const),
    ],
    unsubscribe: UNSUBSCRIBED,
    'too-brief': BRIEF('resp_wait'),
    expiry: EXPIRED,
  },
  pending: {
    ...EMPTY,
    terminate: GIVEN_UP,
    'notify-active': ['active', 'NOTIFY', 'active;expires=600', 'active by local', UNANSWERED],
    'notify-pending': ['pending', 'NOTIFY', 'pending;expires=600', '', UNANSWERED],
    'notify-terminated': ENDED,
    refresh: ['pending', '200 SUBSCRIBE, NOTIFY', 'pending;expires=300 sun', 'refresh for 300', UNANSWERED],
    unsubscribe: UNSUBSCRIBED,
    'too-brief': BRIEF('pending'),
    delivered: NOTHING,
    undelivered: FAILED,
    expiry: EXPIRED,
  },
  active: {
    ...EMPTY,
    terminate: GIVEN_UP,
    'notify-active': ['active', 'NOTIFY', 'active;expires=600', '', UNANSWERED],
    'notify-terminated': ENDED,
    refresh: ['active', '200 SUBSCRIBE, NOTIFY', 'active;expires=300 sun', 'refresh for 300', UNANSWERED],
    unsubscribe: UNSUBSCRIBED,
    'too-brief': BRIEF('active'),
    delivered: NOTHING,
    undelivered: FAILED,
    expiry: EXPIRED,
  },
  closing: {
    ...EMPTY,
    terminate: GIVEN_UP,
    delivered: ['terminated', '', '', 'terminated by 200', ''],
    undelivered: FAILED,
    linger: ['terminated', '', '', 'terminated by linger', ''],
  },
  terminated: EMPTY,
}

const INPUTS: Record<NotifierInput, (stage: Stage) => void> = {
  accept: (stage) => {
    stage.notifier.accept()
    stage.step()
  },
  reject: (stage) => {
    stage.notifier.reject()
    stage.step()
  },
  terminate: (stage) => {
    stage.notifier.terminate()
    stage.step()
  },
  'notify-active': (stage) => stage.send('active'),
  'notify-pending': (stage) => stage.send('pending'),
  'notify-terminated': (stage) => stage.send('terminated'),
  refresh: (stage) => stage.subscribe(300),
  unsubscribe: (stage) => stage.subscribe(0),
  'too-brief': (stage) => stage.subscribe(59),
  delivered: (stage) => stage.answer(200),
  undelivered: (stage) => stage.answer(481),
  expiry: (stage) => stage.step(600_000),
  linger: (stage) => stage.step(64_000),
}

function prepare(stage: Stage, state: NotifierState, input: NotifierInput): void {
  stage.reach(state)
  if ((state === 'pending' || state === 'active') && input === 'undelivered') stage.send(state)
  // One that is answered otherwise never lingers for so long.
  if (state === 'closing' && input === 'linger') stage.answer(503, 'Retry-After: 100')
}

describe('notifier table', () => {
  for (const state of Object.keys(EXPECTED) as NotifierState[]) {
    for (const input of Object.keys(EXPECTED[state]) as NotifierInput[]) {
      it(`${state} x ${input}`, async () => {
        const row = EXPECTED[state][input]
        if (row === NOTHING) {
          const machine = new TableMachine(NOTIFIER_TABLE, state, {})
          expect(machine.take(input)).toBe(false)
          expect(machine.state).toBe(state)
          return
        }
        const stage = await Stage.open()
        prepare(stage, state, input)
        expect(stage.notifier.state).toBe(state)
        stage.peer.heard()
        stage.told.length = 0
        INPUTS[input](stage)
        const [next, sent, said, told, silence] = row
        expect(stage.notifier.state).toBe(next)
        expect(stage.peer.heard().join(', ')).toBe(sent)
        if (said !== '') expect(stage.said).toBe(said)
        expect(stage.told.join(', ')).toBe(told)
        expect(stage.silence()).toBe(silence)
        stage.expectNothingLeft()
      })
    }
  }
})

describe('notifier', () => {
  it('tells how long the subscription is granted, and what is left of it', async () => {
    const stage = await Stage.open({ expires: 120 })
    stage.notifier.accept(202)
    stage.step()
    expect(stage.peer.lastAnswer('SUBSCRIBE').status).toBe(202)
    expect(stage.peer.lastAnswer('SUBSCRIBE').headers.get('Expires')).toBe('120')
    expect(stage.peer.lastAnswer('SUBSCRIBE').headers.get('Allow-Events')).toBe('weather')
    stage.step(20_500)
    stage.send('active', 'rain')
    expect(stage.said).toBe('active;expires=100 rain')
    expect(stage.peer.last('NOTIFY').headers.get('Content-Type')).toBe('text/plain')
    expect(stage.peer.last('NOTIFY').headers.get('Event')).toBe('weather')
  })

  it.each([
    ['asked for more than the package allows', ['Event: weather', 'Expires: 99999'], '3600'],
    ['asked for nothing', ['Event: weather'], '600'],
  ])('grants what is allowed when it is %s', async (_, lines, granted) => {
    const stage = await Stage.open({}, lines)
    stage.notifier.accept()
    stage.step()
    expect(stage.peer.lastAnswer('SUBSCRIBE').headers.get('Expires')).toBe(granted)
    stage.subscribe(undefined)
    expect(stage.peer.lastAnswer('SUBSCRIBE').headers.get('Expires')).toBe('600')
  })

  it('confirms the dialog by the 2xx', async () => {
    const stage = await Stage.open()
    expect(stage.notifier.dialog.state).toBe('early')
    stage.notifier.accept()
    expect(stage.notifier.dialog.state).toBe('confirmed')
  })

  it('says which interval is too brief', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.subscribe(59)
    expect(stage.peer.lastAnswer('SUBSCRIBE').headers.get('Min-Expires')).toBe('60')
    stage.subscribe(60)
    expect(stage.peer.lastAnswer('SUBSCRIBE').status).toBe(200)
  })

  it('accepts with 2xx only, refuses with failures only, and answers once', async () => {
    const stage = await Stage.open()
    for (const status of [100, 180, 199, 300, 404])
      expect(() => stage.notifier.accept(status)).toThrow(ArgumentError)
    for (const status of [100, 200, 202, 700])
      expect(() => stage.notifier.reject(status)).toThrow(ArgumentError)
    expect(() => stage.notifier.accept(200, { headers: { Subject: 'a\r\nb' } })).toThrow(ArgumentError)
    expect(stage.notifier.state).toBe('init')
    expect(() => stage.notifier.createNotify('active')).toThrow(StateError)
    stage.notifier.accept()
    expect(() => stage.notifier.accept()).toThrow(StateError)
    expect(() => stage.notifier.reject()).toThrow(StateError)
  })

  it.each([200, 299])('accepts with %i', async (status) => {
    const stage = await Stage.open()
    stage.notifier.accept(status)
    stage.step()
    expect(stage.peer.heard()).toEqual([`${status} SUBSCRIBE`])
  })

  it.each([300, 699])('refuses with %i', async (status) => {
    const stage = await Stage.open()
    stage.notifier.reject(status)
    stage.step()
    expect(stage.peer.heard()).toEqual([`${status} SUBSCRIBE`])
    const { headers } = stage.peer.lastAnswer('SUBSCRIBE')
    expect([headers.has('Expires'), headers.has('Allow-Events')]).toEqual([false, false])
    stage.expectNothingLeft()
  })

  it('does not go back from active to pending, nor on after the last NOTIFY', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    const late = stage.notifier.createNotify('active')
    expect(() => stage.notifier.createNotify('pending')).toThrow(StateError)
    stage.send('terminated')
    expect(() => stage.notifier.createNotify('active')).toThrow(StateError)
    expect(() => stage.notifier.send(late)).toThrow(StateError)
    stage.answer()
    expect(() => stage.notifier.createNotify('terminated')).toThrow(StateError)
    expect(() => stage.notifier.send(stage.notifier.dialog.createRequest('OPTIONS'))).toThrow(ArgumentError)
  })

  it('says why it ends, and when to come back', async () => {
    const stage = await Stage.open({}, ['Event: weather;id=x'])
    stage.reach('active')
    const init = { reason: 'probation', retryAfter: 30, headers: { 'X-Why': 'storm' } }
    stage.notifier.send(stage.notifier.createNotify('terminated', init))
    stage.step()
    expect(stage.said).toBe('terminated;reason=probation;retry-after=30')
    expect(stage.peer.last('NOTIFY').headers.get('X-Why')).toBe('storm')
    expect(stage.peer.last('NOTIFY').headers.get('Event')).toBe('weather;id=x')
  })

  it('takes a SUBSCRIBE by its id and alias only', async () => {
    const stage = await Stage.open({ id: 'x', alias: '17' })
    stage.reach('active')
    stage.peer.heard()
    for (const event of ['weather;id=x', 'weather;id=17', 'weather', 'weather;id=y', 'climate'])
      stage.subscribe(300, event)
    const answers = stage.peer.heard().filter((line) => line !== 'NOTIFY')
    expect(answers).toEqual(['200', '200', '481', '481', '489'].map((status) => `${status} SUBSCRIBE`))
  })

  it('takes no SUBSCRIBE for another package', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.peer.heard()
    stage.subscribe(300, 'climate')
    expect(stage.peer.heard()).toEqual(['489 SUBSCRIBE'])
  })

  it('refuses the SUBSCRIBE of a subscription that is over', async () => {
    const stage = await Stage.open()
    stage.reach('closing')
    stage.peer.heard()
    stage.subscribe(300)
    expect(stage.peer.heard()).toEqual(['481 SUBSCRIBE'])
    expect(stage.notifier.state).toBe('closing')
  })

  it.each(['notify-terminated', 'unsubscribe', 'expiry'] as const)(
    'waits for the last NOTIFY no longer than 64*T1 twice, after %s too',
    async (input) => {
      const stage = await Stage.open()
      stage.reach('active')
      INPUTS[input](stage)
      stage.answer(503, 'Retry-After: 1000')
      stage.step(63_900)
      expect(stage.notifier.state).toBe('closing')
      stage.step(200)
      expect(stage.told.at(-1)).toBe('terminated by linger')
      stage.expectNothingLeft()
    },
  )

  it('goes by the name of its package', async () => {
    const stage = await Stage.open({ id: 'x' })
    expect([stage.notifier.name, stage.notifier.package, stage.notifier.id]).toEqual([
      'weather',
      weather,
      'x',
    ])
  })

  it('makes its package known, if nobody has done so', async () => {
    const stage = await Stage.open({ package: { ...weather, name: 'climate' } })
    expect([...stage.endpoint.capabilities.events]).toEqual(['weather', 'climate'])
  })

  it('ends with its endpoint', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    await stage.endpoint.close()
    expect(stage.told.at(-1)).toBe('terminated by local')
    stage.step()
    expect(stage.clock.pending).toBe(0)
  })

  it('tells its subscriber that this end goes away, in every state (RFC 6665 §4.1.3)', async () => {
    const said: Record<string, string> = {}
    for (const state of ['resp_wait', 'pending', 'active'] as const) {
      const stage = await Stage.open()
      stage.reach(state)
      stage.notifier.end()
      stage.step()
      said[state] = stage.said
      stage.answer()
      stage.notifier.end()
      stage.expectNothingLeft()
    }
    const last = 'terminated;reason=deactivated sun'
    expect(said).toEqual({ resp_wait: last, pending: last, active: last })
    const stage = await Stage.open()
    stage.notifier.end()
    stage.step()
    expect(stage.peer.heard()).toEqual(['480 SUBSCRIBE'])
    stage.expectNothingLeft()
  })

  it('does not cut its last NOTIFY short', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.send('terminated', 'gone')
    stage.notifier.end()
    expect(stage.notifier.state).toBe('closing')
    stage.answer()
    expect(stage.said).toBe('terminated gone')
    stage.expectNothingLeft()
  })

  it('has no place beyond the limit: 503, and those that are there go on', async () => {
    const stage = await Stage.open({}, ASKED, { limits: { subscriptions: 1, retryAfter: 7 } })
    stage.reach('active')
    stage.peer.heard()
    stage.peer.open('SUBSCRIBE', HERE, { lines: ASKED })
    stage.step()
    expect(stage.peer.heard()).toEqual(['503 SUBSCRIBE'])
    expect(stage.peer.lastAnswer('SUBSCRIBE').headers.get('Retry-After')).toBe('7')
    expect(DialogLayer.of(stage.endpoint).size).toBe(1)
    stage.send('terminated')
    stage.answer()
    stage.peer.heard()
    stage.peer.open('SUBSCRIBE', HERE, { lines: ASKED })
    stage.step()
    expect(stage.peer.heard()).toEqual([])
    stage.notifier.terminate()
    stage.expectNothingLeft()
  })
})

describe('NOTIFYs of one subscription', () => {
  it('go one after another, and of those that wait only the newest', async () => {
    const stage = await Stage.open()
    stage.reach('resp_wait')
    stage.peer.heard()
    for (const content of ['one', 'two', 'three']) stage.send('active', content)
    expect(stage.peer.heard()).toEqual(['NOTIFY'])
    expect(stage.said).toMatch('one')
    stage.answer()
    expect(stage.peer.heard()).toEqual(['NOTIFY'])
    expect(stage.said).toMatch('three')
    stage.answer()
    expect(stage.peer.heard()).toEqual([])
  })

  it('never lose the last one', async () => {
    const stage = await Stage.open()
    stage.reach('resp_wait')
    stage.send('active', 'one')
    stage.send('active', 'two')
    stage.send('terminated', 'three')
    expect(stage.notifier.state).toBe('closing')
    stage.answer()
    expect(stage.said).toBe('terminated three')
    expect(stage.notifier.state).toBe('closing')
    stage.answer()
    expect(stage.notifier.state).toBe('terminated')
    stage.expectNothingLeft()
  })

  it('have rising numbers, also when others of the dialog came between', async () => {
    const stage = await Stage.open()
    stage.reach('resp_wait')
    stage.send('active', 'one')
    const first = stage.peer.last('NOTIFY')
    const waiting = stage.notifier.createNotify('active', { body: { type: 'text/plain', content: 'two' } })
    stage.notifier.send(waiting)
    stage.notifier.dialog.send(stage.notifier.dialog.createRequest('OPTIONS'), { onClientRequest: () => {} })
    stage.step()
    stage.peer.answer(first, 200)
    stage.step()
    expect(stage.said).toMatch('two')
    expect(stage.peer.last('NOTIFY').cseq.seq).toBe(stage.peer.last('OPTIONS').cseq.seq + 1)
  })

  it('are sent again when the subscriber asks to wait', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.send('active', 'rain')
    stage.answer(503, 'Retry-After: 5')
    stage.peer.heard()
    stage.step(4_900)
    expect(stage.peer.heard()).toEqual([])
    stage.step(200)
    expect(stage.peer.heard()).toEqual(['NOTIFY'])
    expect(stage.said).toMatch('rain')
    stage.answer(480, 'Retry-After: 5')
    stage.send('active', 'snow')
    stage.step(5_000)
    expect(stage.said).toMatch('snow')
    expect(stage.notifier.state).toBe('active')
  })

  it('go no more once the subscription is given up', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.send('active', 'one')
    stage.send('active', 'two')
    stage.notifier.terminate()
    stage.peer.heard()
    stage.answer()
    expect(stage.peer.heard()).toEqual([])

    const paused = await Stage.open()
    paused.reach('active')
    paused.send('active', 'one')
    paused.answer(503, 'Retry-After: 100')
    paused.peer.heard()
    paused.notifier.terminate()
    paused.step(50_000)
    expect(paused.clock.pending).toBe(0)
    paused.step(50_000)
    expect(paused.peer.heard()).toEqual([])
  })

  it.each([
    [300, []],
    [404, []],
    [481, ['Retry-After: 5']],
    [489, []],
    [500, []],
    [603, []],
  ])('end the subscription when one is answered %i %j', async (status, lines) => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.send('active', 'rain')
    stage.answer(status, ...lines)
    expect(stage.told.at(-1)).toBe(`terminated by ${status}`)
    stage.expectNothingLeft()
  })

  it('are repeated when another request of the dialog has overtaken them (RFC 3261 §12.2.2)', async () => {
    const stage = await Stage.open()
    stage.reach('active')
    stage.send('active', 'rain')
    const first = stage.peer.last('NOTIFY')
    stage.notifier.dialog.send(stage.notifier.dialog.createRequest('OPTIONS'), { onClientRequest: () => {} })
    stage.step()
    stage.peer.answer(first, 500)
    stage.step()
    expect(stage.peer.last('NOTIFY').cseq.seq).toBe(first.cseq.seq + 2)
    expect(stage.said).toMatch('rain')
    stage.answer()
    expect(stage.notifier.state).toBe('active')
  })
})
