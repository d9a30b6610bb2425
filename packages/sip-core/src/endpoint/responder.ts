import { ParseError, type SipError } from '../base/errors.ts'
import { type OutgoingResponse, reasonPhrase, type SipRequest, Via } from '../message/index.ts'
import { printMessage } from '../parser/index.ts'
import type { ServerTransaction, ServerTransactionUser, TransactionLayer } from '../transaction/index.ts'
import type { Flow, MessageEvent, ReceivedRequest, Resolver, TransportManager } from '../transport/index.ts'
import type { Capabilities } from './capabilities.ts'
import { createRefusal, createResponse, type ResponseInit } from './create-response.ts'
import { ResponseFlow } from './response-flow.ts'
import { isKnownMethod, verifyRequest } from './verify-request.ts'

/** What responses are made and sent with. */
export interface ResponderContext {
  readonly resolver: Resolver
  readonly transports: TransportManager
  readonly transactions: TransactionLayer
  readonly capabilities: Capabilities
  /** Sent as Server. */
  readonly userAgent: string | undefined
  /** Seconds after which somebody for whom there was no room may try again. */
  readonly retryAfter: number
}

const NEEDS_A_DIALOG: ReadonlySet<string> = new Set(['BYE', 'PRACK', 'UPDATE', 'NOTIFY', 'INFO'])

/**
 * The answers of an endpoint: those that applications give through it, and those that it gives of itself.
 *
 * @see pjsip_endpt_respond, pjsip_endpt_respond_stateless
 */
export class Responder {
  /** As `Endpoint.unwatched`. */
  readonly unwatched: ServerTransactionUser = {
    onServerTransaction: (event) => {
      if (event.type === 'cancel') event.cancel.respond(this.createResponse(event.received, 200))
    },
  }
  readonly #context: ResponderContext

  constructor(context: ResponderContext) {
    this.#context = context
  }

  /** As `Endpoint.accept`. */
  accept(received: ReceivedRequest, user: ServerTransactionUser): ServerTransaction {
    return this.#context.transactions.accept(received, user, this.#flow(received))
  }

  /** As `Endpoint.createResponse`. */
  createResponse(received: ReceivedRequest, status: number, init: ResponseInit = {}): OutgoingResponse {
    const toTag = init.toTag ?? statelessTag(received.message)
    const response = createResponse(received, status, { ...init, toTag })
    const { userAgent } = this.#context
    if (userAgent !== undefined && !response.headers.has('Server')) response.headers.set('Server', userAgent)
    return response
  }

  /** As `Endpoint.respond`. */
  respond(received: ReceivedRequest, status: number, init: ResponseInit = {}): void {
    this.accept(received, this.unwatched).respond(this.createResponse(received, status, init))
  }

  /** As `Endpoint.respondStateless`. */
  respondStateless(received: ReceivedRequest, status: number, init: ResponseInit = {}): void {
    if (received.message.method === 'ACK') return
    const response = this.createResponse(received, status, init)
    this.#flow(received).send(printMessage(response), () => {})
  }

  /** As `Endpoint.refuse`. */
  refuse(received: ReceivedRequest): void {
    const { message } = received
    if (message.method === 'ACK') return
    const refusal = verifyRequest(message, this.#context.capabilities)
    if (refusal !== undefined) this.respond(received, refusal.status, refusal)
    else if (message.to.tag !== undefined || message.method === 'CANCEL') this.respond(received, 481)
    else if (message.method === 'OPTIONS') this.answerOptions(received)
    else this.respond(received, NEEDS_A_DIALOG.has(message.method) ? 481 : 480)
  }

  /** As `Endpoint.refuseForNow`. */
  refuseForNow(received: ReceivedRequest): void {
    const retryAfter = String(this.#context.retryAfter)
    this.respondStateless(received, 503, { headers: { 'Retry-After': retryAfter } })
  }

  /** As `Endpoint.answerOptions`. */
  answerOptions(received: ReceivedRequest): void {
    const response = this.createResponse(received, 200)
    this.#context.capabilities.describeFully(response.headers)
    this.accept(received, this.unwatched).respond(response)
  }

  /** Refuses a request of which a module could not read a header, or for which it had no room. */
  refuseFailed(received: ReceivedRequest, error: SipError): void {
    if (!(error instanceof ParseError)) this.refuseForNow(received)
    else this.respondStateless(received, 400, { reason: `Bad Request - ${error.within}` })
  }

  /** Refuses a request that does not follow the grammar. */
  refuseUnreadable({ received, status, error }: MessageEvent & { type: 'bad-request' }): void {
    const { method, headers } = received.message
    if (method === 'ACK') return
    // What nobody knows may well be right some day (RFC 4475 §3.1.2.18): the method is looked at first (RFC 3261 §8.2.1).
    const answer = status === 400 && !isKnownMethod(method, this.#context.capabilities) ? 501 : status
    const reason = `${reasonPhrase(answer)} - ${error.within}`
    const via = isReadable(() => headers.getAll(Via))
    const flow = via ? this.#flow(received) : received.flow
    flow.send(printMessage(createRefusal(received, answer, { reason, via })), () => {})
  }

  #flow(received: ReceivedRequest): Flow {
    const { resolver, transports } = this.#context
    return new ResponseFlow(received, transports.responseFlow(received), resolver, transports)
  }
}

// RFC 3261 §8.2.7: the same request gets the same tag, without anything being kept. FNV-1a over what tells
// transactions apart.
function statelessTag(request: SipRequest): string {
  const text = `${request.callId} ${request.via.branch ?? ''} ${request.cseq.seq} ${request.from.tag ?? ''}`
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(36).padStart(7, '0')
}

function isReadable(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    if (error instanceof ParseError) return false
    throw error
  }
}
