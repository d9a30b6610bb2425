import type { Timer } from '../base/clock.ts'
import { Emitter } from '../base/emitter.ts'
import { ArgumentError, StateError } from '../base/errors.ts'
import { TableMachine } from '../base/table-machine.ts'
import type { ExtraHeaders } from '../body/index.ts'
import type { Endpoint, ResponseInit } from '../endpoint/index.ts'
import { Contact, MaxBreadth, type OutgoingResponse, type SipRequest, type Uri } from '../message/index.ts'
import type {
  ServerTransaction,
  ServerTransactionEvent,
  ServerTransactionUser,
} from '../transaction/index.ts'
import type { ReceivedRequest, ReceivedResponse } from '../transport/index.ts'
import { bestResponse } from './best-response.ts'
import { Branch, type BranchEvent } from './branch.ts'
import { loopBranch } from './branch-id.ts'
import { createForwardedRequest } from './forward-request.ts'
import { createForwardedResponse } from './forward-response.ts'
import type { OwnAddresses } from './own-addresses.ts'
import { relayOf } from './relay.ts'
import { type ReceivedRouting, receivedRouting } from './routing.ts'
import { PROXY_TABLE, type ProxyAction, type ProxyInput, type ProxyState } from './session.fsm.ts'
import { type Candidate, type CandidateInit, TargetSet, type TargetSetOptions } from './target-set.ts'
import { verifyForwarding } from './verify-forwarding.ts'

/** How requests are forwarded; what `ProxySession.forward` is not told is as the proxy was told. */
export interface ForwardInit {
  /** Whether the further requests of the dialog come by here, too (RFC 3261 §16.6 step 4); default false. */
  readonly recordRoute?: boolean | undefined
  /** Whether redirections are followed rather than handed to the caller (RFC 3261 §16.7 step 4); default true. */
  readonly recurse?: boolean | undefined
  /**
   * How long a callee may ring without saying so again, in milliseconds (timer C, RFC 3261 §16.6 step 11); default
   * and least sensible value somewhat above 3 minutes.
   */
  readonly timerC?: number | undefined
  /** After how many milliseconds of waiting the next targets are tried in place of these; default never. */
  readonly ringTimeout?: number | undefined
  /** Put into the copies; they replace what has their name. */
  readonly headers?: ExtraHeaders | undefined
}

/** What happens to a request in the hands of a proxy. */
export interface ProxySessionEvents {
  /** This goes to the caller now. Its headers may still be changed. */
  response: [response: OutgoingResponse]
  /** Nothing more will come. */
  over: []
}

/** For the proxy: what a session works with. */
export interface ProxySessionContext {
  readonly endpoint: Endpoint
  readonly own: OwnAddresses
  readonly extensions: ReadonlySet<string>
  readonly targets: TargetSetOptions
  readonly forward: ForwardInit
}

const TIMER_C = 185_000
/** Max-Breadth where the sender gave none (RFC 5393 §5.3.3). */
const MAX_BREADTH = 60

/**
 * A request that a proxy has to decide about, and then sees through: what RFC 3261 §16.7 calls its response context.
 *
 * Targets are tried best first, those that are preferred alike at a time; 1xx and 2xx go to the caller as they come,
 * of the other final responses the best one when all have answered. A 2xx, a 6xx and the caller's CANCEL cancel what
 * is still under way.
 *
 * ```ts
 * proxy.on('request', (session) => session.forward(location.get(session.uri)))
 * ```
 */
export class ProxySession extends Emitter<ProxySessionEvents> implements ServerTransactionUser {
  readonly received: ReceivedRequest
  /** Where the request says it is to go, without what has led it here. */
  readonly routing: ReceivedRouting
  /** What is to be tried yet. While a request is forwarded, more may be added. */
  readonly targets: TargetSet
  readonly #context: ProxySessionContext
  readonly #transaction: ServerTransaction
  readonly #machine: TableMachine<ProxyState, ProxyInput, ProxyAction>
  #init: ForwardInit
  #branches: readonly Branch[] = []
  #kept: OutgoingResponse[] = []
  #ringing: Timer | undefined

  /** Opens the server transaction. */
  constructor(context: ProxySessionContext, received: ReceivedRequest) {
    super()
    this.#context = context
    this.#init = context.forward
    this.received = received
    this.routing = receivedRouting(received.message, context.own)
    this.targets = new TargetSet(received.message.uri, context.targets)
    this.#machine = new TableMachine<ProxyState, ProxyInput, ProxyAction>(PROXY_TABLE, 'deciding', {
      trying: () => this.#try100(),
      try: () => this.#try(),
      'cancel-rest': () => this.#cancelRest(),
      'send-487': () => this.#send(this.#createResponse(487)),
      'send-best': () => this.#sendBest(),
    })
    this.#transaction = context.endpoint.accept(received, this)
  }

  get state(): ProxyState {
    return this.#machine.state
  }

  get request(): SipRequest {
    return this.received.message
  }

  /** The Request-URI, as the caller meant it. */
  get uri(): Uri {
    return this.routing.uri
  }

  /**
   * Whether the request is for this proxy to find targets for: its Request-URI names one of the proxy's domains or
   * addresses, and no Route leads further. Any other says itself where it goes (`forward()` without targets), if this
   * proxy is willing to send it there; see `routing.routed`.
   */
  get isForHere(): boolean {
    return this.routing.route.length === 0 && this.#context.own.has(this.uri)
  }

  /**
   * Sends the request on, if it may be (else it is answered with 416, 420, 440, 482 or 483). Does nothing when the
   * caller has cancelled meanwhile.
   *
   * @param candidates default: where the request says; none at all: it is answered with 480
   * @throws StateError when the request was forwarded or answered before
   * @throws ArgumentError for a header that cannot be sent
   */
  forward(candidates: Iterable<CandidateInit> = [{ uri: this.uri }], init: ForwardInit = {}): void {
    const { endpoint, extensions, forward } = this.#context
    if (this.state === 'over') return
    this.#assertDeciding('forward')
    const rules = { own: endpoint.transports.transports.map(({ local }) => local), extensions }
    const refusal = verifyForwarding(this.request, rules)
    // RFC 3261 §16.3: this far and no further, but OPTIONS asks just that.
    if (refusal?.status === 483 && this.request.method === 'OPTIONS') return this.#answerOptions()
    if (refusal !== undefined) return this.respond(refusal.status, refusal)
    if (this.#breadth < 1) return this.respond(440)
    this.#init = { ...forward, ...init }
    if (init.headers !== undefined) createForwardedRequest(this.received, { headers: init.headers })
    for (const candidate of candidates) this.targets.add(candidate)
    if (this.targets.size === 0) return this.respond(480)
    this.#take('forward')
  }

  /**
   * Answers in place of whoever the request was for. Does nothing when the caller has cancelled meanwhile.
   *
   * @param status 200 to 699
   * @throws StateError when the request was forwarded or answered before
   * @throws ArgumentError for another status, or a value that cannot stand in a header
   */
  respond(status: number, init: ResponseInit = {}): void {
    if (status < 200 || status > 699) throw new ArgumentError(`${status} answers nothing for good`)
    if (this.state === 'over') return
    this.#assertDeciding('respond')
    const response = this.#createResponse(status, init)
    this.#take('respond', { send: () => this.#send(response) })
  }

  /**
   * Takes the request back as if the caller had cancelled: an INVITE is ended with what the callees answer to that,
   * most often 487. Does nothing to what is answered already.
   */
  cancel(): void {
    this.#take('cancel')
  }

  onServerTransaction(event: ServerTransactionEvent): void {
    switch (event.type) {
      case 'cancel':
        // RFC 3261 §16.10: answered by every proxy on the way, whatever becomes of the INVITE.
        event.cancel.respond(this.#context.endpoint.createResponse(event.received, 200))
        this.#take('cancel')
        break
      case 'terminated':
        // Those of the transactions that CANCELs have for themselves come here, too.
        if (event.transaction === this.#transaction) this.#take('closed')
        break
      case 'timeout':
      case 'transport-error':
        // The caller does not hear the answer; there is nobody else to tell.
        break
    }
  }

  #answerOptions(): void {
    const response = this.#createResponse(200)
    this.#context.endpoint.capabilities.describeFully(response.headers)
    this.#take('respond', { send: () => this.#send(response) })
  }

  #heard(event: BranchEvent): void {
    if (event.type === 'failed') {
      this.#take('refusal', { keep: () => this.#kept.push(this.#createResponse(event.status)) })
    } else {
      const { received, branch } = event
      this.#take(inputOf(received.message.status), {
        pass: () => this.#pass(received),
        'pass-further': () => this.#passFurther(received),
        keep: () => this.#keep(received, branch.candidate),
      })
    }
    this.#settle()
  }

  #settle(): void {
    if (this.#branches.some((branch) => branch.isPending)) return
    this.#ringing?.cancel()
    this.#take(this.targets.size > 0 ? 'done' : 'exhausted')
  }

  // RFC 5393 §5.3: the branches under way share the breadth that the request came with.
  #try(): void {
    const { endpoint } = this.#context
    const { timerC = TIMER_C, ringTimeout } = this.#init
    const group = this.targets.next(this.#breadth)
    const share = Math.floor(this.#breadth / group.length)
    this.#branches = group.map((candidate) => this.#createBranch(candidate, timerC, share))
    if (ringTimeout !== undefined) {
      this.#ringing = endpoint.clock.setTimer(ringTimeout, () => {
        for (const branch of this.#branches) branch.expire()
      })
    }
    for (const branch of this.#branches) branch.send()
  }

  #createBranch(candidate: Candidate, timerC: number, breadth: number): Branch {
    const { endpoint } = this.#context
    const { received, routing } = this
    const { recordRoute = false, headers } = this.#init
    const request = createForwardedRequest(received, {
      uri: candidate.uri,
      route: [...(candidate.route ?? []), ...routing.route],
      headers,
    })
    request.headers.set(MaxBreadth, breadth)
    const relay = relayOf({
      branch: () => loopBranch(endpoint.random, received.message),
      recordRoute: recordRoute ? received.flow.transport : undefined,
      addressOf: (transport) => endpoint.addressOf(transport),
    })
    const options = { flow: candidate.flow, relay }
    return new Branch({ endpoint, candidate, request, options, timerC, heard: (event) => this.#heard(event) })
  }

  #keep(received: ReceivedResponse, from: Candidate): void {
    const response = createForwardedResponse(received)
    if (response === undefined) return
    const { status } = response
    const recurses = status < 400 && this.state === 'forwarding' && (this.#init.recurse ?? true)
    const { added, refused } = recurses
      ? this.targets.redirect(received.message, from)
      : { added: 0, refused: [] }
    // RFC 3261 §16.7 step 4: what is followed from here is not for the caller to follow.
    if (added > 0 && refused.length === 0) return
    if (added > 0) response.headers.setAll(Contact, refused)
    this.#kept.push(response)
  }

  #pass(received: ReceivedResponse): void {
    const response = createForwardedResponse(received)
    if (response !== undefined) this.#send(response)
  }

  // RFC 6026 §7.1: every 2xx to an INVITE goes back; to others there is one answer.
  #passFurther(received: ReceivedResponse): void {
    if (this.#transaction.method === 'INVITE') this.#pass(received)
  }

  #sendBest(): void {
    this.#send(this.#kept.length === 0 ? this.#createResponse(480) : bestResponse(this.#kept))
    this.#kept = []
  }

  // RFC 3261 §16.2: before the name service and the first callee have answered.
  #try100(): void {
    if (this.#transaction.method === 'INVITE') this.#transaction.respond(this.#createResponse(100))
  }

  #send(response: OutgoingResponse): void {
    this.emit('response', response)
    this.#transaction.respond(response)
  }

  #cancelRest(): void {
    this.#ringing?.cancel()
    for (const branch of this.#branches) branch.cancel()
  }

  #createResponse(status: number, init: ResponseInit = {}): OutgoingResponse {
    return this.#context.endpoint.createResponse(this.received, status, init)
  }

  #take(input: ProxyInput, doings: { readonly [action in ProxyAction]?: () => void } = {}): void {
    const before = this.state
    this.#machine.take(input, doings)
    if (before !== 'over' && this.state === 'over') this.#close()
  }

  #close(): void {
    this.#ringing?.cancel()
    this.emit('over')
  }

  get #breadth(): number {
    return this.request.headers.get(MaxBreadth) ?? MAX_BREADTH
  }

  #assertDeciding(what: string): void {
    if (this.state === 'deciding') return
    throw new StateError(`'${what}' is for a request that waits for a decision; this one is ${this.state}`)
  }
}

function inputOf(status: number): '1xx' | '2xx' | 'refusal' | '6xx' {
  if (status < 200) return '1xx'
  if (status < 300) return '2xx'
  return status < 600 ? 'refusal' : '6xx'
}
