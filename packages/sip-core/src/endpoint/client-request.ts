import { surface } from '../base/emitter.ts'
import { TransportError } from '../base/errors.ts'
import type { OutgoingRequest } from '../message/index.ts'
import type {
  ClientTransaction,
  ClientTransactionEvent,
  ClientTransactionUser,
} from '../transaction/index.ts'
import type { Attempt, Outcome, Retry } from './attempt.ts'
import {
  type ClientRequestInput,
  type ClientRequestState,
  clientRequest,
  RETRIES,
} from './client-request.fsm.ts'

/** What becomes of a request. */
export type ClientRequestEvent =
  /**
   * `response`: a provisional response, the final one, or a further 2xx to an INVITE (a resent or forked one).
   * `failed`: nobody answered in time, or the request could not be sent; no response follows.
   */
  | Outcome
  /** The last event: nothing more can come. */
  | { readonly type: 'terminated' }

/** Implemented by whoever sends a request. */
export interface ClientRequestUser {
  onClientRequest(event: ClientRequestEvent, request: ClientRequest): void
}

/** What a request on its way needs of the endpoint. */
export interface ClientRequestHost {
  /** What becomes of an attempt in the light of its request. */
  plan(attempt: Attempt): Attempt
  /** A branch for the next transaction. */
  branch(): string
  /** Starts a transaction. @throws TransportError when there is no way to the attempt's first hop */
  transact(attempt: Attempt, branch: string, user: ClientTransactionUser): ClientTransaction
  cancel(transaction: ClientTransaction): void
  /** Takes note of how an attempt came out. */
  learn(attempt: Attempt, outcome: Outcome): void
}

/** How a request is sent. */
export interface ClientRequestInit {
  readonly request: OutgoingRequest
  readonly user: ClientRequestUser
  readonly host: ClientRequestHost
  /** Asked in this order whether there is a next attempt. */
  readonly retries: readonly Retry[]
  readonly signal: AbortSignal | undefined
}

/**
 * A request on its way: from the look-up of its target to the end of its last transaction. Where one target fails
 * the next one is tried, and where credentials are asked for the request is sent again with them; whoever sends it
 * sees one request with one outcome, the last one.
 *
 * @see pjsip_endpt_send_request
 */
export class ClientRequest implements ClientTransactionUser {
  readonly #user: ClientRequestUser
  readonly #host: ClientRequestHost
  readonly #retries: readonly Retry[]
  readonly #signal: AbortSignal | undefined
  #state: ClientRequestState = 'resolving'
  #request: OutgoingRequest
  #attempt: Attempt | undefined
  // Tells the events of this attempt's transaction from those of the ones before.
  #branch = ''
  #transaction: ClientTransaction | undefined
  // The challenge that is being answered; what is reported when that is given up.
  #challenge: Outcome | undefined

  constructor({ request, user, host, retries, signal }: ClientRequestInit) {
    this.#request = request
    this.#user = user
    this.#host = host
    this.#retries = retries
    this.#signal = signal
    signal?.addEventListener('abort', this.#abort)
  }

  /**
   * The request as it was sent last, without its Via: the one that was handed in, or once a challenge was answered
   * one with credentials and a CSeq number of its own. The ACK to a 2xx has that number.
   */
  get request(): OutgoingRequest {
    return this.#request
  }

  get state(): ClientRequestState {
    return this.#state
  }

  /**
   * Takes an INVITE back: sends CANCEL at once if its present target has sent a provisional response, else as soon
   * as it does (RFC 3261 §9.1). From now on no other target is tried. The final response still comes; whoever waits
   * for it gives up 64 times T1 later with `terminate`. Nothing but `terminated` comes of a request that was not
   * sent yet. While credentials are asked for nothing is under way: the challenge is the outcome, at once.
   */
  cancel(): void {
    this.#take('cancel', this.#challenge)
  }

  /** Stops waiting: no event comes after the `terminated` that this causes. */
  terminate(): void {
    this.#take('terminate')
  }

  /** For the endpoint: there is somewhere to send it. */
  start(attempt: Attempt): void {
    if (this.#state === 'resolving') this.#try(attempt)
  }

  /** For the endpoint: there is nowhere to send it. */
  fail(error: TransportError): void {
    if (this.#state === 'resolving') this.#take('failed', { type: 'failed', error })
  }

  onClientTransaction(event: ClientTransactionEvent): void {
    if (event.transaction.branch !== this.#branch) return
    this.#transaction = event.transaction
    switch (event.type) {
      case 'response':
        this.#hear({ type: 'response', received: event.received })
        break
      case 'timeout':
      case 'transport-error':
        this.#conclude({ type: 'failed', error: event.error })
        break
      case 'terminated':
        this.#take('over')
        break
    }
  }

  // An aborted INVITE must stop ringing; any other request is only waited for.
  readonly #abort = () => (this.#request.method === 'INVITE' ? this.cancel() : this.terminate())

  #hear(response: Outcome & { type: 'response' }): void {
    if (response.received.message.status < 200) this.#take('provisional', response)
    else this.#conclude(response)
  }

  #conclude(outcome: Outcome): void {
    if (this.#attempt !== undefined) this.#host.learn(this.#attempt, outcome)
    const next = this.#next(outcome)
    if (next instanceof Promise) this.#await(next, outcome)
    else if (next !== undefined) this.#try(next)
    else this.#take(outcome.type === 'response' ? 'final' : 'failed', outcome)
  }

  #await(next: Promise<Attempt | undefined>, challenge: Outcome): void {
    this.#challenge = challenge
    this.#take('ask')
    void next.then((attempt) => {
      if (this.#state !== 'asking') return
      if (attempt !== undefined) this.#try(attempt)
      else this.#take('unanswered', challenge)
    })
  }

  #next(outcome: Outcome): ReturnType<Retry> {
    const attempt = this.#attempt
    if (attempt === undefined || !RETRIES[this.#state].includes(outcome.type)) return undefined
    for (const retry of this.#retries) {
      const next = retry(attempt, outcome)
      if (next !== undefined) return next
    }
    return undefined
  }

  #try(attempt: Attempt): void {
    this.#attempt = this.#host.plan(attempt)
    this.#request = attempt.request
    this.#take('attempt')
  }

  #take(input: ClientRequestInput, outcome?: Outcome): void {
    const cell = clientRequest[this.#state][input]
    if (cell === null) return
    this.#state = cell.next
    for (const action of cell.actions) {
      switch (action) {
        case 'send':
          this.#send()
          break
        case 'send-cancel':
          if (this.#transaction !== undefined) this.#host.cancel(this.#transaction)
          break
        case 'stop':
          this.#transaction?.terminate()
          break
        case 'report':
          if (outcome !== undefined) this.#tell(outcome)
          break
        case 'end':
          this.#signal?.removeEventListener('abort', this.#abort)
          this.#attempt = undefined
          this.#tell({ type: 'terminated' })
          break
      }
    }
  }

  #send(): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    const branch = this.#host.branch()
    this.#branch = branch
    this.#transaction = undefined
    try {
      const transaction = this.#host.transact(attempt, branch, this)
      // The answer may have come from within, and led to another attempt.
      if (this.#branch === branch) this.#transaction = transaction
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      this.#conclude({ type: 'failed', error })
    }
  }

  #tell(event: ClientRequestEvent): void {
    surface(() => this.#user.onClientRequest(event, this))
  }
}
