import { type CredentialsSource, DigestClient } from '../auth/index.ts'
import { SipError, TransportError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import {
  type OutgoingRequest,
  RetryAfter,
  Route,
  SipRequest,
  type SipUri,
  type Uri,
  Via,
} from '../message/index.ts'
import { printHead, printMessage } from '../parser/index.ts'
import {
  type ClientTransaction,
  type ClientTransactionUser,
  createVia,
  newBranch,
  type TransactionLayer,
} from '../transaction/index.ts'
import {
  type Flow,
  isBoundToFlow,
  type ObservedAddresses,
  type Resolver,
  type Target,
  type TransportManager,
} from '../transport/index.ts'
import {
  type Attempt,
  type Authenticate,
  authentication,
  failover,
  type Hop,
  type Outcome,
  overTcp,
  type Retry,
} from './attempt.ts'
import { ClientRequest, type ClientRequestHost, type ClientRequestUser } from './client-request.ts'
import { digestRetry, learning } from './digest-retry.ts'

/** What an element does that forwards a request of somebody else instead of sending one of its own. */
export interface Relay {
  /** The branch of the Via for the next transaction. */
  branch(): string
  /**
   * The request as it goes out, when it is known over which flow: the place for what names this element in a way
   * that the next hop understands (Record-Route). Its Via is put on top after that.
   */
  prepare(request: OutgoingRequest, flow: Flow): OutgoingRequest
}

/** How a request is sent. */
export interface SendOptions {
  /** Sends over this flow and nowhere else. */
  readonly flow?: Flow | undefined
  /**
   * The next hop; default: the first Route if it is a loose router, else the Request-URI (RFC 3261 §8.1.2). For a
   * request whose Request-URI is a strict router, while loose ones stand in its Route.
   */
  readonly hop?: Uri | undefined
  /**
   * The flow by which the peer was heard of last: the request goes over it if the next hop cannot be connected to,
   * as a page cannot (RFC 5626 §4.3, RFC 7118 Appendix B.1).
   */
  readonly heardOn?: Flow | undefined
  /**
   * What digest challenges (401, 407) are answered with; default: a challenge is the outcome. Requests that belong
   * together share a client, so that the later ones bring their credentials along: these are put into the headers of
   * the request that was handed in.
   */
  readonly credentials?: CredentialsSource | DigestClient | undefined
  /**
   * The CSeq number for a request that goes out again with credentials; default: one more than before. A dialog counts
   * by this.
   */
  readonly nextSeq?: ((request: OutgoingRequest) => number) | undefined
  /** Answers challenges before `credentials` do, e.g. of a scheme of the application's own. */
  readonly authenticate?: Authenticate | undefined
  /** Forwards: what the endpoint says of itself in requests of its own is left out. */
  readonly relay?: Relay | undefined
  /** Aborting stops the waiting (`terminate`), and takes an INVITE back (`cancel`). */
  readonly signal?: AbortSignal | undefined
}

/** How a request without a transaction is sent. */
export type StatelessSendOptions = Pick<SendOptions, 'flow' | 'hop' | 'heardOn' | 'relay'>

/** What requests are sent with. */
export interface SenderContext {
  readonly random: Random
  readonly resolver: Resolver
  readonly transports: TransportManager
  readonly transactions: TransactionLayer
  readonly observed: ObservedAddresses
  /** Bytes of the largest request that goes out over UDP where there is TCP as well. */
  readonly largestDatagram: number
  /** Adds what the endpoint says of itself in every request. */
  readonly describe: (request: OutgoingRequest) => void
}

/**
 * The way down: finds out where a request goes, and sends it there.
 *
 * @see pjsip_endpt_send_request, pjsip_endpt_send_request_stateless
 */
export class Sender implements ClientRequestHost {
  readonly #context: SenderContext

  constructor(context: SenderContext) {
    this.#context = context
  }

  /** As `Endpoint.send`. */
  send(request: OutgoingRequest, user: ClientRequestUser, options: SendOptions): ClientRequest {
    const { relay, signal } = options
    const host = relay === undefined ? this : this.#relaying(relay)
    const digest = this.#digest(options)
    digest?.authorize(request)
    const retries = retriesOf(options, digest)
    const watched = digest === undefined ? user : learning(digest, user)
    const handle = new ClientRequest({ request, user: watched, host, retries, signal })
    if (relay === undefined) this.#context.describe(request)
    if (signal?.aborted) {
      handle.terminate()
      return handle
    }
    this.#route(
      request,
      options,
      (hops) => handle.start({ request, hops, challenges: 0 }),
      (error) => handle.fail(error),
    )
    return handle
  }

  /** As `Endpoint.sendStateless`. */
  sendStateless(request: OutgoingRequest, options: StatelessSendOptions): () => void {
    const { relay } = options
    let resend = () => {}
    const sendTo = (hops: readonly Hop[]): void => {
      const [hop, ...rest] = hops
      if (hop === undefined) return
      try {
        const chosen = this.#flow(hop)
        const { method, uri, headers, body } = relay?.prepare(request, chosen) ?? request
        const via = createVia(chosen, relay?.branch() ?? this.branch())
        const marked = headers.clone().prepend(Via, via)
        const bytes = printMessage(new SipRequest({ method, uri, headers: marked, body }))
        // A flow that worked and is gone by now may be opened again; one that never did gives way to the next.
        resend = () => chosen.send(bytes, () => sendTo(hops))
        chosen.send(bytes, () => sendTo(rest))
      } catch (error) {
        if (!(error instanceof TransportError)) throw error
        sendTo(rest)
      }
    }
    this.#route(
      request,
      options,
      (hops) => sendTo(this.plan({ request, hops, challenges: 0 }).hops),
      () => {},
    )
    return () => resend()
  }

  plan(attempt: Attempt): Attempt {
    const { largestDatagram, transports, resolver } = this.#context
    const hasTcp = transports.transports.some(({ protocol }) => protocol === 'TCP')
    if (!hasTcp) return attempt
    return overTcp(attempt, (target) => !resolver.avoids(target) && sizeOf(attempt.request) > largestDatagram)
  }

  branch(): string {
    return newBranch(this.#context.random)
  }

  transact(
    { request, hops }: Attempt,
    branch: string,
    user: ClientTransactionUser,
    relay?: Relay,
  ): ClientTransaction {
    try {
      const flow = this.#flow(hops[0])
      const prepared = relay?.prepare(request, flow) ?? request
      return this.#context.transactions.send(prepared, flow, user, { branch })
    } catch (error) {
      throw asTransportError(error)
    }
  }

  // RFC 3261 §9.1: the same way and the same branch as the INVITE.
  cancel(transaction: ClientTransaction): void {
    const cancel = transaction.createCancel()
    this.#context.describe(cancel)
    const { flow, branch } = transaction
    this.#context.transactions.send(cancel, flow, { onClientTransaction: () => {} }, { branch })
  }

  learn({ hops: [hop] }: Attempt, outcome: Outcome): void {
    const { resolver, observed } = this.#context
    if (outcome.type === 'response') observed.learn(outcome.received)
    if (hop.type === 'flow') return
    if (outcome.type === 'failed') resolver.avoid(hop.target, FAILED_FOR)
    else if (outcome.received.message.status === 503) {
      // RFC 3261 §21.5.4: without Retry-After it means no more than a 500.
      const retryAfter = outcome.received.message.headers.get(RetryAfter)
      if (retryAfter !== undefined) resolver.avoid(hop.target, 1000 * retryAfter.seconds)
    }
  }

  #relaying(relay: Relay): ClientRequestHost {
    return {
      plan: (attempt) => this.plan(attempt),
      learn: (attempt, outcome) => this.learn(attempt, outcome),
      branch: () => relay.branch(),
      transact: (attempt, branch, user) => this.transact(attempt, branch, user, relay),
      cancel: (transaction) => this.cancel(transaction),
    }
  }

  #digest({ credentials }: SendOptions): DigestClient | undefined {
    if (credentials === undefined || credentials instanceof DigestClient) return credentials
    return new DigestClient({ credentials, random: this.#context.random })
  }

  #flow(hop: Hop): Flow {
    return hop.type === 'flow' ? hop.flow : this.#context.transports.flow(hop.target)
  }

  // A flow that needs no address.
  #flowTo(hop: Uri, heardOn: Flow | undefined): Flow | undefined {
    return this.#context.transports.outbound(hop) ?? (isBoundToFlow(hop) ? heardOn : undefined)
  }

  #route(
    request: SipRequest,
    options: Pick<SendOptions, 'flow' | 'hop' | 'heardOn'>,
    send: (hops: readonly [Hop, ...Hop[]]) => void,
    fail: (error: TransportError) => void,
  ): void {
    const sendTo = (targets: readonly Target[]) => {
      const [first, ...rest] = targets.map((target): Hop => ({ type: 'target', target }))
      if (first === undefined) throw new TransportError('there is no target')
      send([first, ...rest])
    }
    try {
      const hop = options.hop ?? nextHop(request)
      const flow = options.flow ?? this.#flowTo(hop, options.heardOn)
      if (flow !== undefined) return send([{ type: 'flow', flow }])
      const targets = this.#context.resolver.resolve(addressed(hop))
      if (targets instanceof Promise) targets.then(sendTo).catch((error) => fail(asTransportError(error)))
      else sendTo(targets)
    } catch (error) {
      fail(asTransportError(error))
    }
  }
}

// Milliseconds for which a target that does not answer comes last, so that not every request waits for it anew.
const FAILED_FOR = 30_000

const FAILOVER: readonly Retry[] = [failover]

function retriesOf(
  { authenticate, nextSeq }: SendOptions,
  digest: DigestClient | undefined,
): readonly Retry[] {
  return [
    ...(authenticate === undefined ? [] : [authentication(authenticate)]),
    ...(digest === undefined ? [] : [digestRetry(digest, nextSeq)]),
    ...FAILOVER,
  ]
}

/** Bytes on the wire, with a Via of the usual length. */
function sizeOf(request: OutgoingRequest): number {
  return printHead(request).length + request.body.length + TYPICAL_VIA
}

const TYPICAL_VIA = 'Via: SIP/2.0/UDP 198.51.100.100:65535;rport;branch=z9hG4bK0123456789abcdef\r\n'.length

// RFC 3261 §8.1.2: the first Route if it is a loose router, else the Request-URI.
function nextHop({ uri, headers }: SipRequest): Uri {
  const route = headers.get(Route)
  return route?.uri.type === 'sip' && route.uri.params.has('lr') ? route.uri : uri
}

function addressed(hop: Uri): SipUri {
  if (hop.type !== 'sip')
    throw new TransportError(`${hop} cannot be reached: only sip and sips URIs have an address`)
  return hop
}

function asTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error
  if (error instanceof SipError) return new TransportError(error.message, { cause: error })
  throw error
}
