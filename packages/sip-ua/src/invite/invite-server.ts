import {
  type OutgoingResponse,
  type ReceivedRequest,
  type ResponseInit,
  type ServerTransaction,
  type ServerTransactionEvent,
  type ServerTransactionUser,
  TimeoutError,
  type Timer,
} from 'sip-core'
import type { Dialog } from '../dialog/index.ts'

/** What becomes of an INVITE that this end received. */
export type InviteServerEvent =
  /** The peer has cancelled; the CANCEL is answered already, the INVITE is not. */
  | { readonly type: 'cancelled'; readonly received: ReceivedRequest }
  /** The transaction is over; what it may have waited for, an ACK, does not come any more. */
  | { readonly type: 'no-ack'; readonly error: TimeoutError }

/** RFC 3261 §13.3.1.1: so often a provisional response is repeated, lest a proxy on the way gives the call up. */
const REMINDER = 60_000

/**
 * The called side of one INVITE, the first of a call or a later one: answers it, and sends again what has to be
 * sent again beyond its transaction.
 */
export class InviteServer implements ServerTransactionUser {
  readonly received: ReceivedRequest
  readonly #dialog: Dialog
  readonly #user: (event: InviteServerEvent) => void
  readonly #transaction: ServerTransaction
  #resend: Timer | undefined

  constructor(dialog: Dialog, received: ReceivedRequest, user: (event: InviteServerEvent) => void) {
    this.#dialog = dialog
    this.received = received
    this.#user = user
    this.#transaction = dialog.accept(received, this)
  }

  /**
   * A response of any class, to be sent with `send`.
   *
   * @throws ArgumentError when a value cannot stand in a header
   */
  createResponse(status: number, init: ResponseInit = {}): OutgoingResponse {
    const response = this.#dialog.createResponse(this.received, status, init)
    if (status >= 200 && status < 300) this.#dialog.endpoint.capabilities.describe(response.headers)
    return response
  }

  /** Sends a response; a 2xx again and again until its ACK comes, 64 * T1 at the longest (RFC 3261 §13.3.1.4). */
  send(response: OutgoingResponse): void {
    const { T1, T2 } = this.#dialog.endpoint.timers
    this.acknowledged()
    this.#transaction.respond(response)
    if (response.status < 200) this.#resendAfter(response, REMINDER, REMINDER)
    // On reliable transports too, as the 2xx may cross hops that are not.
    else if (response.status < 300) this.#resendAfter(response, T1, T2)
  }

  /** The ACK to the 2xx has come, or is no longer waited for. */
  acknowledged(): void {
    this.#resend?.cancel()
    this.#resend = undefined
  }

  onServerTransaction(event: ServerTransactionEvent): void {
    switch (event.type) {
      case 'cancel':
        // RFC 3261 §9.2: 200 with the same tag as the INVITE's response, whatever becomes of the INVITE.
        event.cancel.respond(this.#dialog.createResponse(event.received, 200))
        this.#user({ type: 'cancelled', received: event.received })
        break
      case 'terminated': {
        this.acknowledged()
        const wait = 64 * this.#dialog.endpoint.timers.T1
        const error = new TimeoutError('no ACK', `no ACK came for ${wait} ms after the 2xx`)
        this.#user({ type: 'no-ack', error })
        break
      }
      case 'timeout':
      case 'transport-error':
        // Nothing to be done: a response that could not be sent is sent again (RFC 6026 §8.8).
        break
    }
  }

  // The wait doubles up to `longest`. The transaction, which lasts 64 * T1 beyond its 2xx, sets the end.
  #resendAfter(response: OutgoingResponse, wait: number, longest: number): void {
    this.#resend = this.#dialog.endpoint.clock.setTimer(wait, () => {
      this.#resendAfter(response, Math.min(2 * wait, longest), longest)
      this.#transaction.respond(response)
    })
  }
}
