import {
  defineDiagnostic,
  Emitter,
  type NameAddr,
  type OutgoingRequest,
  type SipResponse,
  type TimeoutError,
  type TransportError,
} from 'sip-core'
import type { Cause } from 'sip-ua/dialog'
import type { InviteSession } from 'sip-ua/invite'
import { REFER } from '../method.ts'
import type { ReferNotification, ReferSubscriber } from '../refer-subscriber.ts'
import { Progress } from './progress.ts'

/** What the transferee has told of the call that it places. */
export interface TransferProgress {
  /** The status that the transfer target has answered, or 100 while nothing is known. */
  readonly status: number
  readonly reason: string
}

/** How a transfer came out. */
export type TransferOutcome =
  /** The transferee talks to the target. */
  | { readonly result: 'transferred'; readonly status: number; readonly reason: string }
  /** It does not; the call to the transferee is as it was, unless it ended meanwhile. */
  | { readonly result: 'failed'; readonly cause: TransferFailure }
  /** Nobody can tell: the transferee stopped reporting before there was a final response. */
  | { readonly result: 'unknown'; readonly cause: TransferSilence }

/** Why a transfer failed. */
export type TransferFailure =
  /** The transferee refused to try: its final response to the REFER. */
  | { readonly type: 'refused'; readonly response: SipResponse }
  /** The transferee tried, and this is what it got. */
  | { readonly type: 'target'; readonly status: number; readonly reason: string }
  /** The REFER could not be sent. */
  | { readonly type: 'transport-error'; readonly error: TransportError }

/** Why nobody can tell how a transfer came out. */
export type TransferSilence =
  /** No answer to the REFER, no NOTIFY after it, or none any more. */
  | { readonly type: 'timeout'; readonly error: TimeoutError }
  /**
   * The subscription ended early: the transferee ended it, for this reason if it gave one, or had agreed to none
   * (204, or `Refer-Sub: false`), or this end gave it up.
   */
  | { readonly type: 'terminated'; readonly reason: string | undefined }

/** A step of a transfer that this end has asked for. */
export type TransferStep = { readonly transfer: Transfer } & (
  | { readonly type: 'asked' }
  | { readonly type: 'progress'; readonly progress: TransferProgress }
  | { readonly type: 'outcome'; readonly outcome: TransferOutcome }
)

/** Shows transfers, from the REFER to how they come out: `endpoint.diagnostics.on(transferDiagnostic, ...)`. */
export const transferDiagnostic = defineDiagnostic<TransferStep>('transfer')

/** When the transferor hangs up. */
export type HangUp = 'when-transferred' | 'when-accepted' | 'never'

/** What happens to a transfer. */
export interface TransferEvents {
  progress: [progress: TransferProgress]
  outcome: [outcome: TransferOutcome]
}

/**
 * A transfer that this end has asked for (RFC 5589 §6): made by `Xfer.transfer`.
 *
 * ```ts
 * const transfer = xfer.transfer(call, 'sip:human@example.com')
 * for await (const { status, reason } of transfer) console.log(status, reason)
 * const outcome = await transfer.outcome
 * ```
 *
 * Reading it with `for await` gives what the transferee reports, from the beginning, and ends with the transfer. Of a
 * transferee that reports without end the newest 100 are kept.
 */
export class Transfer extends Emitter<TransferEvents> implements AsyncIterable<TransferProgress> {
  /** The call whose other end is transferred. */
  readonly call: InviteSession
  readonly target: NameAddr
  readonly subscriber: ReferSubscriber
  /** How it came out; never rejects. */
  readonly outcome: Promise<TransferOutcome>
  readonly #progress = new Progress<TransferProgress>()
  readonly #hangUp: HangUp
  #settle!: (outcome: TransferOutcome) => void

  /** For `Xfer.transfer`: sends `refer`. */
  constructor(
    call: InviteSession,
    target: NameAddr,
    subscriber: ReferSubscriber,
    refer: OutgoingRequest,
    hangUp: HangUp,
  ) {
    super()
    this.call = call
    this.target = target
    this.subscriber = subscriber
    this.#hangUp = hangUp
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve
    })
    subscriber.on('accepted', () => this.#onAccepted())
    subscriber.on('notify', (notify) => this.#onNotify(notify))
    subscriber.on('refused', (cause) => this.#onRefused(cause))
    subscriber.on('state', (state, cause) => {
      if (state === 'terminated') this.#onTerminated(cause)
    })
    this.#show(() => ({ transfer: this, type: 'asked' }))
    subscriber.send(refer)
  }

  [Symbol.asyncIterator](): AsyncGenerator<TransferProgress, void, void> {
    return this.#progress[Symbol.asyncIterator]()
  }

  #show(step: () => TransferStep): void {
    this.call.dialog.endpoint.diagnostics.publish(transferDiagnostic, step)
  }

  #onAccepted(): void {
    if (this.#hangUp === 'when-accepted') void this.call.end()
  }

  #onNotify({ status, reason = '' }: ReferNotification): void {
    if (status === undefined || this.#progress.closed) return
    const progress = { status, reason }
    this.#progress.push(progress)
    this.#show(() => ({ transfer: this, type: 'progress', progress }))
    this.emit('progress', progress)
    if (status < 200) return
    this.#conclude(
      status < 300
        ? { result: 'transferred', ...progress }
        : { result: 'failed', cause: { type: 'target', ...progress } },
    )
    this.#unsubscribe()
  }

  // RFC 3515 §2.4.5 has the NOTIFY with the final status end the subscription; one that does not is asked to. To give
  // it up at once would refuse the NOTIFYs to come with 481, which some take for the end of the call as well.
  #unsubscribe(): void {
    const { subscriber } = this
    if (subscriber.state === 'terminated') return
    subscriber.once('refused', () => subscriber.terminate())
    subscriber.unsubscribe()
  }

  // There was a NOTIFY, and the REFER was refused after all. What else is refused may be tried again.
  #onRefused(cause: Cause): void {
    if (cause.type !== 'response' || cause.response.cseq.method !== REFER) return
    this.#onTerminated(cause)
    this.subscriber.terminate()
  }

  // The subscription has ended without a final status.
  #onTerminated(cause: Cause): void {
    switch (cause.type) {
      case 'response':
        return this.#conclude(answered(cause.response))
      case 'transport-error':
        return this.#conclude({ result: 'failed', cause })
      case 'timeout':
        return this.#conclude({ result: 'unknown', cause })
      default:
        return this.#conclude(silenced(this.subscriber.subscription.subscriptionState?.reason))
    }
  }

  #conclude(outcome: TransferOutcome): void {
    if (this.#progress.closed) return
    this.#progress.close()
    if (outcome.result === 'transferred' && this.#hangUp !== 'never') void this.call.end()
    this.#settle(outcome)
    this.#show(() => ({ transfer: this, type: 'outcome', outcome }))
    this.emit('outcome', outcome)
  }
}

// A 2xx that ends the subscription agrees to try, and to tell nothing (204, RFC 5839 §3.3); what is said of a later
// SUBSCRIBE says nothing of the transfer.
function answered(response: SipResponse): TransferOutcome {
  return response.cseq.method === REFER && response.status >= 300
    ? { result: 'failed', cause: { type: 'refused', response } }
    : silenced(undefined)
}

function silenced(reason: string | undefined): TransferOutcome {
  return { result: 'unknown', cause: { type: 'terminated', reason } }
}
