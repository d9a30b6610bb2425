import {
  ArgumentError,
  type Body,
  Emitter,
  type NameAddr,
  type OutgoingRequest,
  ParseError,
  type ReceivedRequest,
  type ResponseInit,
  reasonPhrase,
  type SipRequest,
  StateError,
} from 'sip-core'
import {
  Notifier,
  type NotifierEvents,
  type NotifierInit,
  type NotifierState,
  type NotifyState,
} from 'sip-simple'
import type { Dialog } from 'sip-ua/dialog'
import { ReferredBy, ReferTo } from './header/index.ts'
import { REFER } from './method.ts'
import { refer } from './refer-package.ts'
import { sipfragBody } from './sipfrag.ts'

/** What happens to the subscription of a REFER. */
export type ReferNotifierEvents = NotifierEvents

interface Report {
  readonly state: NotifyState
  readonly status: number
  readonly reason: string
}

// The dialogs in which there has been a REFER: only the first may do without an id (RFC 3515 §2.4.6).
const referred = new WeakSet<Dialog>()

/**
 * The end that receives a REFER, with the subscription that it implies (RFC 3515 §2.4): a usage of its dialog in its
 * own right, which goes on when the call in the dialog ends.
 *
 * Refreshes are answered, and followed by the last report again; when the subscription expires, a last NOTIFY says so.
 *
 * ```ts
 * const notifier = new ReferNotifier(dialog, received)
 * notifier.accept()
 * notifier.send(notifier.notify('active', 100))
 * notifier.send(notifier.notify('terminated', 200))
 * ```
 *
 * @see pjsip_xfer_create_uas
 */
export class ReferNotifier extends Emitter<ReferNotifierEvents> {
  /** Whom this end is asked to contact. */
  readonly referTo: NameAddr
  /** The subscription below, for what is not said here. */
  readonly subscription: Notifier
  #last: Report | undefined

  /**
   * @param init.expires seconds that the subscription lasts at most unless it is refreshed; default 600
   * @throws ArgumentError when the request is no REFER
   * @throws ParseError when it has not exactly one Refer-To; nothing has happened then, and it is to be answered
   *   with 400 (RFC 3515 §2.4.2)
   */
  constructor(dialog: Dialog, received: ReceivedRequest, init: Pick<NotifierInit, 'expires'> = {}) {
    super()
    const { message } = received
    this.referTo = referToOf(message)
    const number = String(message.cseq.seq)
    const id = referred.has(dialog) ? number : undefined
    referred.add(dialog)
    const current = () => this.#current()
    this.subscription = new Notifier(dialog, received, {
      ...init,
      package: refer,
      id,
      alias: number,
      current,
    })
      .on('refresh', (request, seconds) => this.emit('refresh', request, seconds))
      .on('state', (state, cause) => this.emit('state', state, cause))
  }

  get dialog(): Dialog {
    return this.subscription.dialog
  }

  get state(): NotifierState {
    return this.subscription.state
  }

  /** The REFER. */
  get received(): ReceivedRequest {
    return this.subscription.received
  }

  /** Who asks, by its own account (RFC 3892). */
  get referredBy(): NameAddr | undefined {
    return this.received.message.headers.get(ReferredBy)
  }

  /**
   * Agrees to try. A NOTIFY is to follow at once (RFC 3515 §2.4.4): `notify('active', 100)`.
   *
   * @param status a 2xx, 202 by default
   * @throws ArgumentError when it is no 2xx, StateError when the REFER has been answered
   * @see pjsip_xfer_accept
   */
  accept(status = 202, init: ResponseInit = {}): void {
    this.subscription.accept(status, init)
  }

  /**
   * Refuses to.
   *
   * @param status 300 to 699, 603 by default
   * @throws ArgumentError when it is another, StateError when the REFER has been answered
   */
  reject(status = 603, init: ResponseInit = {}): void {
    this.subscription.reject(status, init)
  }

  /**
   * A NOTIFY that tells how the request comes along, to be sent with `send`. `terminated` is for the final response;
   * the subscription then ends with the reason `noresource`.
   *
   * @param reason default, also for an empty one: the registered phrase
   * @throws StateError before `accept`, and when the last NOTIFY was sent
   * @throws ArgumentError when the status is not 100 to 699, or the reason holds a line break or NUL
   * @see pjsip_xfer_notify
   */
  notify(state: NotifyState, status: number, reason?: string): OutgoingRequest {
    const report = { state, status, reason: reason || reasonPhrase(status) }
    const request = this.#build(report)
    this.#last = report
    return request
  }

  /**
   * A NOTIFY with the last state and report again, to be sent with `send`.
   *
   * @throws StateError before the first `notify`, and when the last NOTIFY was sent
   * @see pjsip_xfer_current_notify
   */
  currentNotify(): OutgoingRequest {
    if (this.#last === undefined) throw new StateError('there is no current state before the first notify')
    return this.#build(this.#last)
  }

  /**
   * Sends a NOTIFY. Of several that wait for an answer to the one before only the newest is sent.
   *
   * @throws StateError when the state of the subscription does not allow it
   * @see pjsip_xfer_send_request
   */
  send(notify: OutgoingRequest): void {
    this.subscription.send(notify)
  }

  /** Ends the subscription at this end at once, without a NOTIFY; see `Notifier.terminate`. */
  terminate(): void {
    this.subscription.terminate()
  }

  #build({ state, status, reason }: Report): OutgoingRequest {
    return this.subscription.createNotify(state, { body: sipfragBody(status, reason), reason: 'noresource' })
  }

  // RFC 3515 §2.4.4: as long as nothing is known, 100.
  #current(): Body {
    return sipfragBody(this.#last?.status ?? 100, this.#last?.reason)
  }
}

function referToOf({ method, headers }: SipRequest): NameAddr {
  if (method !== REFER)
    throw new ArgumentError(`a subscription to 'refer' is made by REFER, not by ${method}`)
  const [referTo, ...more] = headers.getAll(ReferTo)
  if (referTo !== undefined && more.length === 0) return referTo
  const found = referTo === undefined ? 'none' : String(more.length + 1)
  throw new ParseError({ within: ReferTo.name, expected: 'exactly one value', found, offset: 0 })
}
