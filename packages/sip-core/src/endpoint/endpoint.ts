import type { Clock } from '../base/clock.ts'
import { surface } from '../base/emitter.ts'
import { ParseError, SipError } from '../base/errors.ts'
import { type Random, randomToken } from '../base/random.ts'
import {
  type HeaderCodec,
  NameAddr,
  type OutgoingRequest,
  type OutgoingResponse,
  type SipResponse,
  type Uri,
} from '../message/index.ts'
import {
  DEFAULT_TIMERS,
  type ServerTransaction,
  type ServerTransactionUser,
  type Timers,
  TransactionLayer,
} from '../transaction/index.ts'
import {
  type Address,
  Diagnostics,
  isBoundToFlow,
  type MessageEvent,
  type MessageReceiver,
  ObservedAddresses,
  type ReceivedRequest,
  type ReceivedResponse,
  Resolver,
  type ResolverOptions,
  type Transport,
  TransportManager,
} from '../transport/index.ts'
import { Admission, type EndpointState } from './admission.ts'
import { Capabilities } from './capabilities.ts'
import type { ClientRequest, ClientRequestUser } from './client-request.ts'
import { contactUri } from './contact-uri.ts'
import type { ResponseInit } from './create-response.ts'
import { DEFAULT_LIMITS, type EndpointLimits } from './limits.ts'
import { type EndpointModule, ModulePriority } from './module.ts'
import { Modules } from './modules.ts'
import type { Platform } from './platform.ts'
import { request, type SimpleRequestInit } from './request.ts'
import { Responder } from './responder.ts'
import { Sender, type SendOptions, type StatelessSendOptions } from './sender.ts'

/** How an endpoint behaves. */
export interface EndpointOptions {
  /** RFC 3261's T1, T2, T4 and D, in milliseconds; default 500, 4000, 5000 and 32000. */
  readonly timers?: Partial<Timers>
  /** Sent as User-Agent in requests and Server in responses; default none. */
  readonly userAgent?: string
  /** How names become addresses. */
  readonly resolver?: ResolverOptions
  /**
   * Bytes of the largest request that goes out over UDP if there is a TCP transport; larger ones go to the same
   * server over TCP, and over UDP only if that fails (RFC 3261 §18.1.1). Default 1300; `Infinity` keeps to UDP.
   */
  readonly largestDatagram?: number
  /** How much of everything there may be at a time. */
  readonly limits?: Partial<EndpointLimits>
}

/** How an endpoint is closed. */
export interface CloseOptions {
  /**
   * Milliseconds in which calls, subscriptions and the like may end as the protocol wants it, answers of peers
   * included; default 0: what can be sent at once is sent, and nobody is waited for.
   */
  readonly graceful?: number
}

/**
 * A SIP endpoint: transports below, transactions, and the modules that take messages.
 *
 * ```ts
 * await using endpoint = await Endpoint.start(nodePlatform(), [udp({ port: 5060 })])
 * ```
 *
 * @see pjsip_endpt_create
 */
export class Endpoint implements MessageReceiver, AsyncDisposable {
  readonly clock: Clock
  readonly random: Random
  readonly timers: Timers
  readonly transactions: TransactionLayer
  readonly transports: TransportManager
  readonly capabilities = new Capabilities()
  readonly diagnostics = new Diagnostics()
  readonly options: EndpointOptions
  /** The limits that hold, defaults included. */
  readonly limits: EndpointLimits
  readonly #sender: Sender
  readonly #responder: Responder
  readonly #observed = new ObservedAddresses(this.diagnostics)
  readonly #advertised = new Map<Transport, Address>()
  // Replaced, never changed in place: the parser keeps what it makes of a list.
  #headers: readonly HeaderCodec<unknown>[] = []
  readonly #modules = new Modules()
  #state: EndpointState = 'open'

  private constructor(platform: Platform, transports: readonly Transport[], options: EndpointOptions) {
    this.clock = platform.clock
    this.random = platform.random
    this.options = options
    this.timers = { ...DEFAULT_TIMERS, ...options.timers }
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.transports = new TransportManager(transports, {
      clock: platform.clock,
      random: platform.random,
      diagnostics: this.diagnostics,
      receiver: this,
      headers: () => this.#headers,
      limits: { maxBytes: this.limits.messageBytes, maxHeaders: this.limits.headers },
      inUse: (flow) => this.transactions.uses(flow),
    })
    const { clock, random, timers, diagnostics } = this
    const layer = new TransactionLayer({
      clock,
      random,
      timers,
      diagnostics,
      limit: this.limits.transactions,
    })
    this.transactions = layer
    const resolver = new Resolver({
      dns: platform.dns,
      clock,
      random,
      transports: this.transports.transports,
      options: options.resolver,
    })
    this.#sender = new Sender({
      random,
      resolver,
      transports: this.transports,
      transactions: layer,
      observed: this.#observed,
      largestDatagram: options.largestDatagram ?? 1300,
      describe: (request) => this.#describe(request),
    })
    this.#responder = new Responder({
      resolver,
      transports: this.transports,
      transactions: layer,
      capabilities: this.capabilities,
      userAgent: options.userAgent,
      retryAfter: this.limits.retryAfter,
    })
    this.use({
      name: 'transactions',
      priority: ModulePriority.transaction,
      receive: (received) => layer.receive(received),
    })
    this.use(new Admission(this))
  }

  /**
   * Opens the transports and starts.
   *
   * @throws TransportError (rejects) when one of them cannot be opened; none is left open then
   */
  static async start(
    platform: Platform,
    transports: readonly Transport[],
    options: EndpointOptions = {},
  ): Promise<Endpoint> {
    const endpoint = new Endpoint(platform, transports, options)
    await endpoint.transports.listen()
    return endpoint
  }

  /**
   * Puts a module in its place among the others.
   *
   * @see pjsip_endpt_register_module
   */
  use(module: EndpointModule): void {
    this.#modules.use(module)
  }

  /**
   * Has messages refused (400) or dropped in which one of these headers does not parse, so that the modules
   * above can read it without care.
   */
  understand(headers: readonly HeaderCodec<unknown>[]): void {
    this.#headers = [...new Set([...this.#headers, ...headers])]
  }

  /** The modules in the order in which they see a message. */
  get modules(): readonly EndpointModule[] {
    return this.#modules.all
  }

  /** `draining` from `drain` or a graceful `close` on, `closed` from `close` on. */
  get state(): EndpointState {
    return this.#state
  }

  /** A new tag, Call-ID or the like: unique and not to be guessed. */
  token(length?: number): string {
    return randomToken(this.random, length)
  }

  /**
   * Where this end can be reached by a peer: the address of the transport that leads there, with the user of
   * `identity`. Goes into Contact.
   *
   * @param options.heardOn the flow by which the peer was heard of: leads to one that cannot be connected to
   */
  contact(identity: Uri, peer: Uri, { heardOn }: Pick<SendOptions, 'heardOn'> = {}): NameAddr {
    const back = isBoundToFlow(peer) ? heardOn?.transport : undefined
    const transport = back ?? this.transports.toward(peer)
    const user = identity.type === 'sip' ? identity.user : undefined
    return new NameAddr({ uri: contactUri(transport, user, peer, this.addressOf(transport)) })
  }

  /**
   * Where peers see a transport of this endpoint, as they tell in their responses (`received` and `rport`, RFC 3581):
   * behind a NAT its outer address. Undefined until one has told, or if none does. Diagnostics tell it as
   * `'observed-address'` whenever it changes. Nothing that is sent depends on it; see `advertise`.
   *
   * @param transport default: the first one
   */
  observedAddress(transport: Transport | undefined = this.transports.transports[0]): Address | undefined {
    return transport && this.#observed.of(transport)
  }

  /**
   * Has `contact` name this address for a transport from now on, in place of its own: one that was observed, or that
   * a port mapping has. The host may be a name. In Via the transport stays what it is, as responses find back by
   * RFC 3581; `undefined` takes it back.
   */
  advertise(transport: Transport, address: Address | undefined): void {
    if (address === undefined) this.#advertised.delete(transport)
    else this.#advertised.set(transport, address)
  }

  /** Where peers are told that a transport can be reached: what was advertised for it, or else its own address. */
  addressOf(transport: Transport): Address {
    return this.#advertised.get(transport) ?? transport.local
  }

  /**
   * Sends a request to where its first Route, or else its Request-URI, points; where that fails, to the next target
   * that the name service knows (RFC 3263 §4.3), each time in a transaction of its own. What comes of it goes to
   * `user`, perhaps before this returns.
   */
  send(request: OutgoingRequest, user: ClientRequestUser, options: SendOptions = {}): ClientRequest {
    return this.#sender.send(request, user, options)
  }

  /**
   * Sends a request and waits for its final response: for those who need no more than that. Not for INVITE, which
   * needs an ACK and somebody to hear it ring.
   *
   * ```ts
   * const response = await endpoint.request({ method: 'OPTIONS', uri, from }, { signal: AbortSignal.timeout(5000) })
   * ```
   *
   * @param init the request, or what it is made of: Call-ID, CSeq number and From tag are filled in where they are
   *   missing, and To is then the Request-URI
   * @returns the 2xx response
   * @throws RejectedError (rejects) on any other final response
   * @throws TimeoutError, TransportError (rejects) when there is none
   * @throws ArgumentError (rejects) for INVITE, ACK and CANCEL, and when a value cannot stand in a header
   * @throws the signal's reason (rejects) when it aborts
   */
  request(init: OutgoingRequest | SimpleRequestInit, options: SendOptions = {}): Promise<SipResponse> {
    return request(this, init, options)
  }

  /**
   * Sends a request outside of any transaction, as an ACK to a 2xx is (RFC 3261 §13.2.2.4).
   *
   * @returns sends the same bytes over the same flow again, or where that is gone over a new one
   */
  sendStateless(request: OutgoingRequest, options: StatelessSendOptions = {}): () => void {
    return this.#sender.sendStateless(request, options)
  }

  /**
   * Opens the server transaction of a received request.
   *
   * @throws StateError for an ACK, which has none
   */
  accept(received: ReceivedRequest, user: ServerTransactionUser): ServerTransaction {
    return this.#responder.accept(received, user)
  }

  /** A response to `received`, with the endpoint's Server header. @throws ArgumentError as `createResponse` does */
  createResponse(received: ReceivedRequest, status: number, init: ResponseInit = {}): OutgoingResponse {
    return this.#responder.createResponse(received, status, init)
  }

  /**
   * Answers a request through a transaction that nobody needs to watch.
   *
   * @see pjsip_endpt_respond
   */
  respond(received: ReceivedRequest, status: number, init: ResponseInit = {}): void {
    this.#responder.respond(received, status, init)
  }

  /**
   * Answers a request without keeping anything; a retransmission gets the same answer (RFC 3261 §8.2.7). An ACK
   * is never answered.
   *
   * @see pjsip_endpt_respond_stateless
   */
  respondStateless(received: ReceivedRequest, status: number, init: ResponseInit = {}): void {
    this.#responder.respondStateless(received, status, init)
  }

  /**
   * Answers a request that nobody takes: what is wrong with it in itself (405, 416, 420, 501), or else that what
   * it belongs to does not exist (481), or that nobody is here (480).
   */
  refuse(received: ReceivedRequest): void {
    this.#responder.refuse(received)
  }

  /**
   * Answers a request for which there is no room at present with 503 and the time after which to try again (RFC 3261
   * §21.5.4). Nothing is kept of it.
   */
  refuseForNow(received: ReceivedRequest): void {
    this.#responder.refuseForNow(received)
  }

  /** Answers OPTIONS with everything that this endpoint can do (RFC 3261 §11.2). */
  answerOptions(received: ReceivedRequest): void {
    this.#responder.answerOptions(received)
  }

  /**
   * For a server transaction that nobody needs to watch once it is answered: should a CANCEL come too late, it is
   * answered (RFC 3261 §9.2).
   */
  get unwatched(): ServerTransactionUser {
    return this.#responder.unwatched
  }

  onMessage(event: MessageEvent): void {
    if (this.#state === 'closed') return
    switch (event.type) {
      case 'request':
        guard(
          () => {
            if (!this.#modules.offer(event)) this.refuse(event)
          },
          (error) => this.#responder.refuseFailed(event, error),
        )
        break
      case 'response':
        // A response that nobody waits for is dropped (RFC 3261 §18.1.2), and so is one that cannot be read.
        guard(
          () => {
            if (!this.#modules.offer(event)) this.#dropped(event)
          },
          (error) => this.#dropped(event, error),
        )
        break
      case 'bad-request':
        this.#responder.refuseUnreadable(event)
        break
      case 'flow-closed':
        this.transactions.flowClosed(event.flow, event.error)
        break
    }
  }

  /**
   * Takes nothing new from now on, and goes on with what is under way: a request outside of dialogs is answered with
   * 503 and when to try again. There is no way back but to start another endpoint.
   *
   * @returns resolves when every module has come to the end of what it does, and every request has its answer
   * @throws the signal's reason (rejects) when it aborts; the endpoint goes on draining
   */
  async drain({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted()
    if (this.#state === 'open') this.#state = 'draining'
    const drained = this.#modules.drain().then(() => this.transactions.settled())
    await unlessAborted(drained, signal)
  }

  /**
   * Has the modules end what is under way and closes the transports.
   *
   * ```ts
   * process.once('SIGTERM', async () => {
   *   await endpoint.drain({ signal: AbortSignal.timeout(60_000) }).catch(() => {})
   *   await endpoint.close({ graceful: 5000 })
   * })
   * ```
   */
  async close({ graceful = 0 }: CloseOptions = {}): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'draining'
    if (graceful > 0) await this.#within(graceful, this.#modules.close(true))
    // Somebody may have had less patience meanwhile.
    if (this.#isClosed()) return
    void this.#modules.close(false)
    this.#state = 'closed'
    this.transactions.close()
    await this.transports.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #within(ms: number, done: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.clock.setTimer(ms, resolve)
      void done.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #dropped({ message: response, flow }: ReceivedResponse, error?: SipError): void {
    this.diagnostics.publish('dropped', () => [
      error === undefined
        ? { reason: 'stray-response', flow, response }
        : { reason: 'unreadable-response', flow, response, error },
    ])
  }

  #describe({ headers }: OutgoingRequest): void {
    const { userAgent } = this.options
    if (userAgent !== undefined && !headers.has('User-Agent')) headers.set('User-Agent', userAgent)
  }
}

// A header that no layer announced may still fail to parse while a module reads it, and one may have no room.
function guard(walk: () => unknown, refuse: (error: SipError) => void): void {
  try {
    walk()
  } catch (error) {
    if (error instanceof ParseError || isLimit(error)) refuse(error)
    else
      surface(() => {
        throw error
      })
  }
}

function isLimit(error: unknown): error is SipError {
  return error instanceof SipError && error.code === 'SIP_LIMIT'
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
