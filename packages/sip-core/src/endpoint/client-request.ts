import type { TimeoutError, TransportError } from '../base/errors.ts'
import type { OutgoingRequest } from '../message/index.ts'
import type {
  ClientTransaction,
  ClientTransactionEvent,
  ClientTransactionUser,
} from '../transaction/index.ts'
import type { ReceivedResponse } from '../transport/index.ts'

/** What becomes of a request. */
export type ClientRequestEvent =
  /** A provisional response, the final one, or a further 2xx to an INVITE (a resent or forked one). */
  | { readonly type: 'response'; readonly received: ReceivedResponse }
  /** Nobody answered in time, or the request could not be sent; no response follows. */
  | { readonly type: 'failed'; readonly error: TimeoutError | TransportError }
  /** The last event: nothing more can come. */
  | { readonly type: 'terminated' }

/** Implemented by whoever sends a request. */
export interface ClientRequestUser {
  onClientRequest(event: ClientRequestEvent, request: ClientRequest): void
}

/**
 * A request on its way: from the look-up of its target to the end of its transaction.
 *
 * @see pjsip_endpt_send_request
 */
export class ClientRequest implements ClientTransactionUser {
  /** The request as it was handed in; its Via is the transport's. */
  readonly request: OutgoingRequest
  readonly #user: ClientRequestUser
  readonly #sendCancel: (transaction: ClientTransaction) => void
  #stage: Stage = { name: 'resolving' }

  constructor(
    request: OutgoingRequest,
    user: ClientRequestUser,
    sendCancel: (transaction: ClientTransaction) => void,
  ) {
    this.request = request
    this.#user = user
    this.#sendCancel = sendCancel
  }

  /**
   * Sends CANCEL for an INVITE (RFC 3261 §9.1). Only after a provisional response has come; the caller sees to
   * that, and goes on waiting for the final one.
   */
  cancel(): void {
    if (this.#stage.name === 'sent') this.#sendCancel(this.#stage.transaction)
  }

  /** Stops waiting: no event comes after the `terminated` that this causes. */
  terminate(): void {
    const stage = this.#stage
    if (stage.name === 'sent') stage.transaction.terminate()
    else this.#end()
  }

  /** For the endpoint: the target is known. */
  start(send: (user: ClientTransactionUser) => ClientTransaction): void {
    if (this.#stage.name !== 'resolving') return
    const transaction = send(this)
    // The transaction may have ended within send, when the transport failed at once.
    if (this.#stage.name === 'resolving') this.#stage = { name: 'sent', transaction }
  }

  /** For the endpoint: there is no target. */
  fail(error: TransportError): void {
    if (this.#stage.name !== 'resolving') return
    this.#user.onClientRequest({ type: 'failed', error }, this)
    this.#end()
  }

  onClientTransaction(event: ClientTransactionEvent): void {
    switch (event.type) {
      case 'response':
        this.#stage = { name: 'sent', transaction: event.transaction }
        this.#user.onClientRequest({ type: 'response', received: event.received }, this)
        break
      case 'timeout':
      case 'transport-error':
        this.#user.onClientRequest({ type: 'failed', error: event.error }, this)
        break
      case 'terminated':
        this.#end()
        break
    }
  }

  #end(): void {
    if (this.#stage.name === 'ended') return
    this.#stage = { name: 'ended' }
    this.#user.onClientRequest({ type: 'terminated' }, this)
  }
}

type Stage =
  | { readonly name: 'resolving' }
  | { readonly name: 'sent'; readonly transaction: ClientTransaction }
  | { readonly name: 'ended' }
