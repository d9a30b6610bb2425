import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StateError, TimeoutError, TransportError } from '../base/errors.ts'
import { CSeq, Headers, NameAddr, type OutgoingRequest, SipRequest, SipResponse } from '../message/index.ts'
import type { ClientTransaction, ClientTransactionEvent } from '../transaction/index.ts'
import type { ReceivedResponse } from '../transport/index.ts'
import { type Attempt, type Authenticate, authentication, failover, type Hop, type Retry } from './attempt.ts'
import type { ClientRequestInput, ClientRequestState } from './client-request.fsm.ts'
import { ClientRequest, type ClientRequestEvent } from './client-request.ts'
import { createRequest } from './create-request.ts'

const target = (host: string): Hop => ({
  type: 'target',
  target: { protocol: 'UDP', address: { host, port: 5060 }, domain: 'example.com' },
})
const [A, B, C] = [target('192.0.2.1'), target('192.0.2.2'), target('192.0.2.3')]

function outgoing(method: string): OutgoingRequest {
  const me = new NameAddr({ uri: 'sip:me@example.com' })
  return createRequest({ method, uri: me.uri, from: me, to: me, callId: '1', seq: 1 })
}

function response(status: number): ReceivedResponse {
  const message = new SipResponse({ status, reason: 'Scripted', headers: new Headers() })
  return { type: 'response', message } as unknown as ReceivedResponse
}

/** The same request with the next CSeq number and credentials. */
const withCredentials: Authenticate = ({ method, uri, headers, body }) => {
  const { seq } = headers.get(CSeq) ?? { seq: 0 }
  const changed = headers
    .clone()
    .set(CSeq, { seq: seq + 1, method })
    .set('Authorization', 'Digest x')
  return new SipRequest({ method, uri, headers: changed, body })
}

/** Plays the endpoint below a request: keeps the attempts, and lets a test say what comes of each. */
class Stage {
  readonly log: string[] = []
  readonly sent: Attempt[] = []
  readonly learnt: string[] = []
  readonly transactions: ClientTransaction[] = []
  readonly handle: ClientRequest
  /** What happens within the sending itself. */
  onTransact: (() => void) | undefined

  constructor(method = 'OPTIONS', retries: readonly Retry[] = [failover], signal?: AbortSignal) {
    this.handle = new ClientRequest({
      request: outgoing(method),
      user: { onClientRequest: (event) => void this.log.push(told(event)) },
      host: {
        plan: (attempt) => attempt,
        learn: ({ hops: [hop] }, outcome) => void this.learnt.push(`${host(hop)} ${told(outcome)}`),
        branch: () => `z9hG4bK${this.sent.length}`,
        transact: (attempt, branch, user) => {
          this.sent.push(attempt)
          this.log.push(`send ${host(attempt.hops[0])}`)
          const transaction = this.#transaction(branch, () =>
            user.onClientTransaction(this.over(transaction)),
          )
          this.transactions.push(transaction)
          const happens = this.onTransact
          this.onTransact = undefined
          happens?.()
          return transaction
        },
        cancel: (transaction) => void this.log.push(`CANCEL ${transaction.branch.slice(7)}`),
      },
      retries,
      signal,
    })
  }

  start(...hops: [Hop, ...Hop[]]): this {
    this.handle.start({ request: this.handle.request, hops, challenges: 0 })
    return this
  }

  /** A response in the latest transaction, or in an earlier one. */
  respond(status: number, index = this.transactions.length - 1): this {
    this.#tell(index, (transaction) => ({ type: 'response', transaction, received: response(status) }))
    return this
  }

  timeout(index = this.transactions.length - 1): this {
    this.#tell(index, (transaction) => ({
      type: 'timeout',
      transaction,
      timer: 'F',
      error: new TimeoutError('F', 'nobody'),
    }))
    return this.end(index)
  }

  break(index = this.transactions.length - 1): this {
    this.#tell(index, (transaction) => ({
      type: 'transport-error',
      transaction,
      error: new TransportError('unreachable'),
    }))
    return this.end(index)
  }

  /** What was asked for is known: the next attempt goes there, or there is none. */
  async decide(hop: Hop | undefined): Promise<void> {
    decide?.(hop)
    decide = undefined
    await Promise.resolve()
  }

  end(index = this.transactions.length - 1): this {
    this.#tell(index, (transaction) => this.over(transaction))
    return this
  }

  over(transaction: ClientTransaction): ClientTransactionEvent {
    return { type: 'terminated', transaction }
  }

  /** What has happened since this was asked last. */
  news(): string {
    return this.log.splice(0).join(', ')
  }

  #tell(index: number, event: (transaction: ClientTransaction) => ClientTransactionEvent): void {
    this.handle.onClientTransaction(event(this.transactions[index] as ClientTransaction))
  }

  #transaction(branch: string, terminated: () => void): ClientTransaction {
    const terminate = () => {
      this.log.push(`stop ${branch.slice(7)}`)
      terminated()
    }
    return { branch, terminate } as unknown as ClientTransaction
  }
}

function told(event: ClientRequestEvent): string {
  switch (event.type) {
    case 'response':
      return String(event.received.message.status)
    case 'failed':
      return event.error.code
    case 'terminated':
      return 'terminated'
  }
}

function host(hop: Hop): string {
  return hop.type === 'flow' ? hop.flow.remote.host : hop.target.address.host
}

/** Retries of which nobody knows yet what comes of them: `Stage.decide` says. */
const asked: readonly Retry[] = [
  (attempt, outcome) => {
    if (outcome.type === 'failed' || outcome.received.message.status !== 401) return undefined
    return new Promise((resolve) => {
      decide = (hop) => resolve(hop && { ...attempt, hops: [hop] })
    })
  },
]
let decide: ((hop: Hop | undefined) => void) | undefined

const uncaught: unknown[] = []

beforeEach(() => {
  uncaught.length = 0
  const native = queueMicrotask
  vi.stubGlobal('queueMicrotask', (task: () => void) =>
    native(() => {
      try {
        task()
      } catch (error) {
        uncaught.push(error)
      }
    }),
  )
})

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('ClientRequest: every cell of its table', () => {
  const PATHS: Record<ClientRequestState, (stage: Stage) => void> = {
    resolving: () => {},
    calling: (stage) => stage.start(A),
    proceeding: (stage) => stage.start(A).respond(100),
    withdrawn: (stage) => stage.start(A).handle.cancel(),
    cancelled: (stage) => stage.start(A).respond(100).handle.cancel(),
    asking: (stage) => stage.start(A).respond(401),
    answered: (stage) => stage.start(A).respond(200),
    ended: (stage) => stage.start(A).handle.terminate(),
  }
  const INPUTS: Record<ClientRequestInput, (stage: Stage) => unknown> = {
    attempt: (stage) => (stage.handle.state === 'asking' ? stage.decide(B) : stage.start(B)),
    provisional: (stage) => stage.respond(180),
    final: (stage) => stage.respond(200),
    failed: (stage) =>
      stage.transactions.length > 0 ? stage.break() : stage.handle.fail(new TransportError('no address')),
    ask: (stage) => stage.respond(401),
    unanswered: (stage) => stage.decide(undefined),
    over: (stage) => stage.end(),
    cancel: (stage) => stage.handle.cancel(),
    terminate: (stage) => stage.handle.terminate(),
  }
  const ENDED = ['ended', 'terminated'] as const
  const STOPPED = ['ended', 'stop 0, terminated'] as const
  const FAILED = ['ended', 'SIP_TRANSPORT, terminated'] as const
  type Row = readonly [next: ClientRequestState, happens: string]
  const EXPECTED: Record<ClientRequestState, Partial<Record<ClientRequestInput, Row>>> = {
    resolving: {
      attempt: ['calling', 'send 192.0.2.2'],
      failed: FAILED,
      cancel: ENDED,
      terminate: ENDED,
    },
    calling: {
      provisional: ['proceeding', '180'],
      final: ['answered', '200'],
      failed: FAILED,
      ask: ['asking', ''],
      over: ENDED,
      cancel: ['withdrawn', ''],
      terminate: STOPPED,
    },
    proceeding: {
      provisional: ['proceeding', '180'],
      final: ['answered', '200'],
      failed: FAILED,
      ask: ['asking', ''],
      over: ENDED,
      cancel: ['cancelled', 'CANCEL 0'],
      terminate: STOPPED,
    },
    asking: {
      attempt: ['calling', 'send 192.0.2.2'],
      unanswered: ['ended', '401, terminated'],
      cancel: ['ended', '401, terminated'],
      terminate: ENDED,
    },
    withdrawn: {
      provisional: ['cancelled', 'CANCEL 0, 180'],
      final: ['answered', '200'],
      ask: ['answered', '401'],
      failed: FAILED,
      over: ENDED,
      terminate: STOPPED,
    },
    cancelled: {
      provisional: ['cancelled', '180'],
      final: ['answered', '200'],
      ask: ['answered', '401'],
      failed: FAILED,
      over: ENDED,
      terminate: STOPPED,
    },
    answered: {
      final: ['answered', '200'],
      ask: ['answered', '401'],
      // A transaction that failed ends.
      failed: ENDED,
      over: ENDED,
      terminate: STOPPED,
    },
    ended: {},
  }

  for (const [state, path] of Object.entries(PATHS)) {
    for (const [input, happens] of Object.entries(INPUTS)) {
      const before = state as ClientRequestState
      it(`${state} x ${input}`, async () => {
        const stage = new Stage('INVITE', asked)
        path(stage)
        expect(stage.handle.state).toBe(before)
        stage.news()
        const needsTransaction = ['provisional', 'final', 'ask', 'over'].includes(input)
        if (needsTransaction && stage.transactions.length === 0) return
        await happens(stage)
        const [next, log] = EXPECTED[before][input as ClientRequestInput] ?? [before, '']
        expect([stage.handle.state, stage.news()]).toEqual([next, log])
      })
    }
  }
})

describe('ClientRequest: the next target', () => {
  it('is tried after a 503, with a new branch, and nobody hears of the 503', () => {
    const stage = new Stage().start(A, B).respond(100).respond(503)
    expect(stage.news()).toBe('send 192.0.2.1, 100, send 192.0.2.2')
    const [first, second] = stage.transactions
    expect(first?.branch).not.toBe(second?.branch)
    expect(stage.sent[0]?.request).toBe(stage.sent[1]?.request)
    stage.respond(200).end(0).end()
    expect(stage.news()).toBe('200, terminated')
  })

  it('is tried after a timeout, a broken network, and a transport that is not there', () => {
    expect(new Stage().start(A, B).timeout().news()).toBe('send 192.0.2.1, send 192.0.2.2')
    expect(new Stage().start(A, B).break().news()).toBe('send 192.0.2.1, send 192.0.2.2')
    const stage = new Stage()
    stage.onTransact = () => {
      throw new TransportError('no transport')
    }
    expect(stage.start(A, B).news()).toBe('send 192.0.2.1, send 192.0.2.2')
  })

  it('is tried even if the answer comes while it is sent', () => {
    const stage = new Stage()
    stage.onTransact = () => stage.respond(503)
    expect(stage.start(A, B).news()).toBe('send 192.0.2.1, send 192.0.2.2')
    stage.handle.terminate()
    expect(stage.news()).toBe('stop 1, terminated')
  })

  it('is the last one: its failure is the outcome', () => {
    const stage = new Stage().start(A, B, C).respond(503).break().timeout()
    expect(stage.news()).toBe('send 192.0.2.1, send 192.0.2.2, send 192.0.2.3, SIP_TIMEOUT, terminated')
    expect(new Stage().start(A, B).timeout().respond(503).news()).toBe('send 192.0.2.1, send 192.0.2.2, 503')
  })

  it('is not tried after any other final response', () => {
    for (const status of [200, 302, 401, 404, 408, 486, 500, 504, 600]) {
      expect(new Stage('INVITE').start(A, B).respond(status).news()).toBe(`send 192.0.2.1, ${status}`)
    }
  })

  it('is not tried when one that has said something falls silent', () => {
    const failed = 'send 192.0.2.1, 100, SIP_TIMEOUT, terminated'
    expect(new Stage().start(A, B).respond(100).timeout().news()).toBe(failed)
    expect(new Stage('INVITE').start(A, B).respond(180).break().news()).toBe(
      'send 192.0.2.1, 180, SIP_TRANSPORT, terminated',
    )
  })

  it('may fall silent where an earlier one has spoken', () => {
    const stage = new Stage().start(A, B, C).respond(100).respond(503).timeout()
    expect(stage.news()).toBe('send 192.0.2.1, 100, send 192.0.2.2, send 192.0.2.3')
  })

  it('is not tried once the request is taken back', () => {
    const stage = new Stage('INVITE').start(A, B).respond(180)
    stage.handle.cancel()
    expect(stage.respond(503).news()).toBe('send 192.0.2.1, 180, CANCEL 0, 503')
  })

  it('gets its CANCEL when it has said something, not when an earlier one has', () => {
    const stage = new Stage('INVITE').start(A, B).respond(180).respond(503)
    stage.handle.cancel()
    stage.handle.cancel()
    expect(stage.news()).toBe('send 192.0.2.1, 180, send 192.0.2.2')
    expect(stage.respond(183).respond(487).news()).toBe('CANCEL 1, 183, 487')
  })

  it('is tried when it is noted how the one before came out', () => {
    const stage = new Stage().start(A, B, C).respond(100).respond(503).break().respond(200)
    expect(stage.learnt).toEqual(['192.0.2.1 503', '192.0.2.2 SIP_TRANSPORT', '192.0.2.3 200'])
  })

  it('is not disturbed by what still comes of an earlier one', () => {
    const stage = new Stage('INVITE').start(A, B).respond(503)
    stage.respond(200, 0).break(0)
    expect(stage.respond(180).respond(200).news()).toBe('send 192.0.2.1, send 192.0.2.2, 180, 200')
  })

  it('is not tried when the request was given up', () => {
    const stage = new Stage().start(A, B)
    stage.handle.terminate()
    stage.respond(503).timeout()
    expect(stage.news()).toBe('send 192.0.2.1, stop 0, terminated')
  })
})

describe('ClientRequest: challenges', () => {
  const retries = [authentication(withCredentials), failover]

  it.each([401, 407])('are answered: %i', (status) => {
    const stage = new Stage('REGISTER', retries).start(A, B)
    const { request } = stage.handle
    stage.respond(status)
    expect(stage.news()).toBe('send 192.0.2.1, send 192.0.2.1')
    expect(stage.handle.request).toBe(stage.sent[1]?.request)
    expect(stage.handle.request.cseq.seq).toBe(2)
    expect(request.cseq.seq).toBe(1)
    expect(stage.respond(200).news()).toBe('200')
  })

  it('are the outcome where nobody answers them', () => {
    expect(new Stage().start(A, B).respond(401).news()).toBe('send 192.0.2.1, 401')
    const refusing = [authentication(() => undefined), failover]
    expect(new Stage('OPTIONS', refusing).start(A, B).respond(401).news()).toBe('send 192.0.2.1, 401')
  })

  it('and failures take turns: credentials go along to the next target', () => {
    const stage = new Stage('REGISTER', retries).start(A, B).respond(401).respond(503).respond(401)
    expect(stage.news()).toBe('send 192.0.2.1, send 192.0.2.1, send 192.0.2.2, send 192.0.2.2')
    expect(stage.sent.map(({ request }) => request.cseq.seq)).toEqual([1, 2, 2, 3])
  })

  it('are not answered for ever', () => {
    const stage = new Stage('REGISTER', retries).start(A)
    for (let round = 0; round < 100; round++) stage.respond(401)
    expect(stage.sent).toHaveLength(9)
    expect(stage.news()).toMatch(/, 401(, 401)*$/)
  })

  it('are the outcome if answering them throws, which surfaces', async () => {
    const bug = new StateError('no credentials')
    const throwing = authentication(() => {
      throw bug
    })
    expect(new Stage('OPTIONS', [throwing]).start(A).respond(401).news()).toBe('send 192.0.2.1, 401')
    await new Promise<void>((resolve) => setTimeout(resolve))
    expect(uncaught).toEqual([bug])
  })
})

describe('ClientRequest: credentials that somebody is asked for', () => {
  it('go out when they come, in a transaction of its own, though the challenged one has ended', async () => {
    const stage = new Stage('REGISTER', asked).start(A).respond(401).end()
    expect(stage.news()).toBe('send 192.0.2.1')
    await stage.decide(A)
    expect(stage.respond(200).news()).toBe('send 192.0.2.1, 200')
  })

  it('are not waited for any more once the request is given up', async () => {
    const stage = new Stage('INVITE', asked).start(A).respond(180).respond(401)
    stage.handle.cancel()
    expect(stage.news()).toBe('send 192.0.2.1, 180, 401, terminated')
    await stage.decide(A)
    expect(stage.handle.state).toBe('ended')
    expect(stage.news()).toBe('')
  })

  it('leave the challenge standing if asking fails, which surfaces', async () => {
    const bug = new StateError('no keyring')
    const failing = authentication(() => Promise.reject(bug))
    const stage = new Stage('OPTIONS', [failing]).start(A).respond(401)
    await new Promise<void>((resolve) => setTimeout(resolve))
    expect(stage.news()).toBe('send 192.0.2.1, 401, terminated')
    expect(uncaught).toEqual([bug])
  })
})

describe('ClientRequest: aborting', () => {
  it('ends what is only waited for', () => {
    const abort = new AbortController()
    const stage = new Stage('OPTIONS', [failover], abort.signal).start(A, B)
    abort.abort()
    expect(stage.news()).toBe('send 192.0.2.1, stop 0, terminated')
  })

  it('cancels an INVITE, which may ring', () => {
    const abort = new AbortController()
    const stage = new Stage('INVITE', [failover], abort.signal).start(A, B)
    abort.abort()
    expect(stage.respond(180).respond(487).news()).toBe('send 192.0.2.1, CANCEL 0, 180, 487')
  })

  it('leaves nothing at the signal', () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    new Stage('OPTIONS', [failover], signal).start(A).respond(200).end()
    expect(added).toHaveBeenCalledOnce()
    expect(removed).toHaveBeenCalledWith(...(added.mock.calls[0] ?? []).slice(0, 2))
  })
})

it('ClientRequest: a user that throws keeps nothing from ending', async () => {
  const bug = new Error('bug')
  const events: string[] = []
  const handle = new ClientRequest({
    request: outgoing('OPTIONS'),
    user: {
      onClientRequest: (event) => {
        events.push(event.type)
        throw bug
      },
    },
    host: {
      plan: (attempt) => attempt,
      learn: () => {},
      branch: () => '',
      transact: () => ({}) as ClientTransaction,
      cancel: () => {},
    },
    retries: [],
    signal: undefined,
  })
  handle.fail(new TransportError('no address'))
  await new Promise<void>((resolve) => setTimeout(resolve))
  expect(events).toEqual(['failed', 'terminated'])
  expect(uncaught).toEqual([bug, bug])
})
