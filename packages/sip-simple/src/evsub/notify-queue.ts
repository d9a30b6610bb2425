import {
  type ClientRequestEvent,
  type ClientRequestUser,
  type OutgoingRequest,
  type ReceivedResponse,
  RetryAfter,
  type Timer,
} from 'sip-core'
import { type Cause, type Dialog, failureCause } from 'sip-ua/dialog'

/** What becomes of the NOTIFYs. */
export type NotifyQueueEvent =
  /** All of them have been answered. */
  | { readonly type: 'delivered'; readonly cause: Cause }
  /** One has failed for good; nothing more is sent. */
  | { readonly type: 'undelivered'; readonly cause: Cause }

type Stage =
  | { readonly name: 'idle' }
  | { readonly name: 'sent'; readonly request: OutgoingRequest }
  /** The peer asked to come back later. */
  | { readonly name: 'paused'; readonly request: OutgoingRequest; readonly timer: Timer }
  | { readonly name: 'closed' }

/**
 * Sends the NOTIFYs of a subscription one after another, so that none overtakes another on the way: the next goes
 * when the one before has been answered. What waits meanwhile is the newest only: older states are of no use to
 * anybody, and the last one is always the newest (RFC 6665 §4.2.2).
 */
export class NotifyQueue implements ClientRequestUser {
  readonly #dialog: Dialog
  readonly #user: (event: NotifyQueueEvent) => void
  #stage: Stage = { name: 'idle' }
  #next: OutgoingRequest | undefined

  constructor(dialog: Dialog, user: (event: NotifyQueueEvent) => void) {
    this.#dialog = dialog
    this.#user = user
  }

  /** Sends a NOTIFY as soon as it is its turn. */
  push(request: OutgoingRequest): void {
    if (this.#stage.name === 'idle') this.#send(request)
    else this.#next = request
  }

  /** Sends no more, and tells no more. */
  close(): void {
    if (this.#stage.name === 'paused') this.#stage.timer.cancel()
    this.#stage = { name: 'closed' }
  }

  onClientRequest(event: ClientRequestEvent): void {
    if (this.#stage.name !== 'sent') return
    const { request } = this.#stage
    if (event.type === 'failed') this.#fail(failureCause(event.error))
    else if (event.type === 'response' && event.received.message.status >= 200)
      this.#answered(request, event.received)
  }

  #answered(request: OutgoingRequest, received: ReceivedResponse): void {
    const { message } = received
    if (message.status < 300) return this.#proceed({ type: 'response', response: message })
    if (this.#dialog.wasOvertaken(received)) return this.#repeat(request)
    // RFC 6665 §4.2.2: what names a time to come back has not failed yet; a 481 has, whatever it names.
    const pause = message.status === 481 ? undefined : message.headers.get(RetryAfter)
    if (pause === undefined) return this.#fail({ type: 'response', response: message })
    const timer = this.#dialog.endpoint.clock.setTimer(pause.seconds * 1000, () => this.#repeat(request))
    this.#stage = { name: 'paused', request, timer }
  }

  #proceed(cause: Cause): void {
    const next = this.#next
    if (next !== undefined) return this.#resume(next)
    this.#stage = { name: 'idle' }
    this.#user({ type: 'delivered', cause })
  }

  // What waited may have a number that others have overtaken meanwhile (RFC 3261 §12.2.1.1).
  #resume(next: OutgoingRequest): void {
    this.#next = undefined
    this.#send(next.cseq.seq === this.#dialog.localSeq ? next : this.#dialog.repeat(next))
  }

  #repeat(request: OutgoingRequest): void {
    if (this.#next !== undefined) this.#resume(this.#next)
    else this.#send(this.#dialog.repeat(request))
  }

  #send(request: OutgoingRequest): void {
    this.#stage = { name: 'sent', request }
    this.#dialog.send(request, this)
  }

  #fail(cause: Cause): void {
    this.#user({ type: 'undelivered', cause })
  }
}
