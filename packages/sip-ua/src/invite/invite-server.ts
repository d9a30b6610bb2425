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
  /** The 2xx was sent for 64 * T1 and no ACK came. */
  | { readonly type: 'no-ack'; readonly error: TimeoutError }

/**
 * The called side of one INVITE, the first of a call or a later one: answers it, and resends a 2xx until its ACK
 * comes (RFC 3261 §13.3.1.4).
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

  /** Sends a response of any class. */
  respond(status: number, init: ResponseInit = {}): void {
    const response = this.#dialog.createResponse(this.received, status, init)
    if (status < 200 || status >= 300) return this.#transaction.respond(response)
    this.#dialog.endpoint.capabilities.describe(response.headers)
    this.#transaction.respond(response)
    const { T1 } = this.#dialog.endpoint.timers
    this.#resendAfter(response, T1, 64 * T1)
  }

  /** The ACK to the 2xx has come. */
  acknowledged(): void {
    this.#resend?.cancel()
    this.#resend = undefined
  }

  // Its other events ask for nothing: a response that could not be sent is sent again (RFC 6026 §8.8).
  onServerTransaction(event: ServerTransactionEvent): void {
    if (event.type !== 'cancel') return
    // RFC 3261 §9.2: 200 with the same tag as the INVITE's response, whatever becomes of the INVITE.
    event.cancel.respond(this.#dialog.createResponse(event.received, 200))
    this.#user({ type: 'cancelled', received: event.received })
  }

  // The wait doubles from T1 up to T2; on reliable transports too, as the 2xx crosses hops that are not.
  #resendAfter(response: OutgoingResponse, wait: number, left: number): void {
    const { clock, timers } = this.#dialog.endpoint
    this.#resend = clock.setTimer(Math.min(wait, left), () => {
      if (left <= wait) {
        const error = new TimeoutError('no ACK', `no ACK came for ${64 * timers.T1} ms after the 2xx`)
        this.#resend = undefined
        return this.#user({ type: 'no-ack', error })
      }
      this.#transaction.respond(response)
      this.#resendAfter(response, Math.min(2 * wait, timers.T2), left - wait)
    })
  }
}
