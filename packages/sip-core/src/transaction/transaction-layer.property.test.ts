import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StateError, TransportError } from '../base/errors.ts'
import { SeededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import type { ClientTransaction, ClientTransactionEvent } from './client-transaction.ts'
import { answer, incoming, outgoing, RecordingFlow, RecordingUser, response } from './machine.fixture.ts'
import type { ServerTransaction, ServerTransactionEvent } from './server-transaction.ts'
import { DEFAULT_TIMERS } from './timers.ts'
import { TransactionLayer } from './transaction-layer.ts'

/** What may happen; `which` picks one of the transactions there are. */
type Step =
  | { readonly do: 'send'; readonly method: string; readonly reliable: boolean }
  | { readonly do: 'respond to us'; readonly which: number; readonly status: number }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'receive'; readonly method: string; readonly branch: number; readonly reliable: boolean }
  | { readonly do: 'respond'; readonly which: number; readonly status: number }
  | { readonly do: 'fail' | 'terminate'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'break' | 'mend' }

const which = fc.nat(7)
const status = fc.constantFrom(100, 180, 183, 200, 202, 302, 404, 486, 487, 603)
const method = fc.constantFrom('INVITE', 'OPTIONS', 'BYE', 'REFER')
const reliable = fc.boolean()
const sometimes = <T>(...values: T[]) => fc.constantFrom(...values)

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: sometimes('send' as const), method, reliable }),
  { weight: 3, arbitrary: fc.record({ do: sometimes('respond to us' as const), which, status }) },
  fc.record({ do: sometimes('cancel' as const), which }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: sometimes('receive' as const),
      method: sometimes('INVITE', 'INVITE', 'ACK', 'CANCEL', 'OPTIONS'),
      branch: fc.nat(2),
      reliable,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: sometimes('respond' as const), which, status }) },
  fc.record({ do: sometimes('fail' as const, 'terminate' as const), which }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: sometimes('wait' as const),
      ms: sometimes(0, 1, 200, 500, 3000, 5000, 31_000, 32_000),
    }),
  },
  fc.record({ do: sometimes('break' as const, 'mend' as const) }),
)

/** What a user does within an event. */
const reaction = fc.constantFrom('nothing', 'nothing', 'terminate', 'respond', 'send')

it('whatever comes in whatever order: no surprise is thrown, all of it ends, and nothing is left behind', () => {
  let ends = 0
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.array(reaction, { minLength: 1, maxLength: 7 }),
      (steps, reactions) => {
        const world = new World(reactions)
        for (const next of steps) world.take(next)
        ends += world.end()
      },
    ),
    { numRuns: 500 },
  )
  expect(ends).toBeGreaterThan(1000)
})

class World {
  readonly clock = new VirtualClock()
  readonly layer = new TransactionLayer({
    clock: this.clock,
    random: new SeededRandom(5),
    timers: DEFAULT_TIMERS,
  })
  readonly flows = { true: new RecordingFlow(this.clock, true), false: new RecordingFlow(this.clock, false) }
  readonly clients: { transaction: ClientTransaction; request: ClientTransaction['request'] }[] = []
  readonly servers: { transaction: ServerTransaction; request: ServerTransaction['request'] }[] = []
  readonly logs = new Map<ClientTransaction | ServerTransaction, string[]>()
  #reactions: readonly string[]
  #reacted = 0
  #depth = 0

  constructor(reactions: readonly string[]) {
    this.#reactions = reactions
  }

  take(step: Step): void {
    switch (step.do) {
      case 'send':
        this.#send(step.method, step.reliable)
        break
      case 'respond to us': {
        const client = pick(this.clients, step.which)
        if (client) this.layer.receive(answer(client.request, step.status, client.transaction.flow))
        break
      }
      case 'cancel': {
        const client = pick(this.clients, step.which)
        if (client) this.#allowed(() => this.#cancel(client.transaction))
        break
      }
      case 'receive': {
        const flow = this.flows[`${step.reliable}`]
        const via = `SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKin${step.branch}`
        const received = incoming(step.method, flow, { via })
        const isTaken = this.layer.receive(received)
        if (!isTaken && step.method !== 'ACK') this.#adopt(this.layer.accept(received, this.#user(), flow))
        break
      }
      case 'respond': {
        const server = pick(this.servers, step.which)
        if (server) this.#allowed(() => server.transaction.respond(response(server.request, step.status)))
        break
      }
      case 'fail':
        this.flows[`${step.which % 2 === 0}`].failLast()
        break
      case 'terminate':
        pick([...this.clients, ...this.servers], step.which)?.transaction.terminate()
        break
      case 'wait':
        this.clock.advance(step.ms)
        break
      case 'break':
        for (const flow of Object.values(this.flows))
          flow.onSend = (failed) => failed(new TransportError('down'))
        break
      case 'mend':
        for (const flow of Object.values(this.flows)) flow.onSend = undefined
        break
    }
  }

  /** Brings everything to its end and looks at what is left; tells how many transactions there were. */
  end(): number {
    this.#reactions = ['nothing']
    // A call that is still ringing and a request that was never answered are their users' to end.
    const ours = this.clients.filter(
      ({ transaction: { method, state } }) => method === 'INVITE' && state === 'proceeding',
    )
    const theirs = this.servers.filter(
      ({ transaction: { state } }) => state === 'proceeding' || state === 'trying',
    )
    for (const { transaction } of [...ours, ...theirs]) transaction.terminate()
    // No timer is longer, and nothing comes any more that would set another.
    this.clock.advance(32_000)
    expect(this.layer.size).toBe(0)
    expect(this.clock.pending).toBe(0)
    for (const [transaction, log] of this.logs) {
      expect(transaction.state).toBe('terminated')
      expect(log.filter((type) => type === 'terminated')).toHaveLength(1)
      expect(log.at(-1)).toBe('terminated')
    }
    expect(this.logs.size).toBe(this.clients.length + this.servers.length)
    return this.logs.size
  }

  #send(method: string, reliable: boolean): void {
    const transaction = this.layer.send(outgoing(method), this.flows[`${reliable}`], this.#user())
    this.clients.push({ transaction, request: transaction.request })
  }

  #cancel(invite: ClientTransaction): void {
    const cancel = this.layer.send(invite.createCancel(), invite.flow, this.#user(), {
      branch: invite.branch,
    })
    this.clients.push({ transaction: cancel, request: cancel.request })
  }

  #adopt(transaction: ServerTransaction): void {
    this.servers.push({ transaction, request: transaction.request })
  }

  #user(): RecordingUser {
    const user = new RecordingUser()
    user.onClient = (event) => this.#hear(event)
    user.onServer = (event) => this.#hear(event)
    return user
  }

  #hear(event: ClientTransactionEvent | ServerTransactionEvent): void {
    const { transaction } = event
    const log = this.logs.get(transaction)
    if (log) log.push(event.type)
    else this.logs.set(transaction, [event.type])
    if (event.type === 'cancel') this.#adopt(event.cancel)
    const reaction = this.#reactions[this.#reacted++ % this.#reactions.length]
    if (reaction === 'terminate') transaction.terminate()
    if (reaction === 'respond' && event.type === 'cancel') {
      this.#allowed(() => event.transaction.respond(response(event.received.message, 487)))
      this.#allowed(() => event.cancel.respond(response(event.received.message, 200)))
    }
    // A few levels are enough to have sends within events within sends.
    if (reaction === 'send' && this.#depth < 3 && this.logs.size < 100) {
      this.#depth++
      this.#send('OPTIONS', true)
      this.#depth--
    }
  }

  /** The one error that misuse is answered with. */
  #allowed(run: () => void): void {
    try {
      run()
    } catch (error) {
      expect(error).toBeInstanceOf(StateError)
    }
  }
}

function pick<T>(values: readonly T[], which: number): T | undefined {
  return values[which % Math.max(1, values.length)]
}
