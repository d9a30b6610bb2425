import {
  ArgumentError,
  type Body,
  Emitter,
  Expires,
  type ExtraHeaders,
  MinExpires,
  type OutgoingRequest,
  type ReceivedRequest,
  type ResponseInit,
  type ServerTransaction,
  StateError,
  TableMachine,
  TimeoutError,
} from 'sip-core'
import { type Cause, type Dialog, type DialogEvent, type DialogUsage, failureCause } from 'sip-ua/dialog'
import { Event, type EventValue, SubscriptionState, SubscriptionStateValue } from '../header/index.ts'
import { eventOf } from './event-id.ts'
import type { EventPackage } from './event-package.ts'
import { EvsubLayer } from './evsub-layer.ts'
import {
  NOTIFIER_TABLE,
  type NotifierAction,
  type NotifierInput,
  type NotifierState,
} from './notifier.fsm.ts'
import { NotifyQueue, type NotifyQueueEvent } from './notify-queue.ts'
import { type NotifyState, notifyStateOf } from './notify-state.ts'
import { type SubscriptionStep, subscriptionDiagnostic } from './subscription-diagnostic.ts'
import { NamedTimers } from './timers.ts'

/** How a subscription begins. */
export interface NotifierInit {
  readonly package: EventPackage
  /** The `id` of Event in NOTIFYs; default that of the request, if it has one. */
  readonly id?: string | undefined
  /** Another id by which a SUBSCRIBE may name the subscription. */
  readonly alias?: string | undefined
  /** Seconds that are granted at most; default what the request asks for, within the package's limits. */
  readonly expires?: number | undefined
  /** What the NOTIFYs carry that the notifier sends of itself: after a refresh, and at the end. */
  readonly current: () => Body | undefined
}

/** What a NOTIFY says besides its state. */
export interface NotifyInit {
  readonly body?: Body | undefined
  /** Why the subscription ends, e.g. `noresource` (RFC 6665 §4.1.3); for `terminated` only. */
  readonly reason?: string | undefined
  /** Seconds after which the subscriber may try again; for `terminated` only. */
  readonly retryAfter?: number | undefined
  readonly headers?: ExtraHeaders | undefined
}

/** What happens to a subscription. */
export interface NotifierEvents {
  /** It is in a new state. In `closing` the last NOTIFY is on its way. */
  state: [state: NotifierState, cause: Cause]
  /** The subscriber has refreshed it, for so many seconds; it was answered, and told the current state. */
  refresh: [received: ReceivedRequest, seconds: number]
}

/**
 * A subscription that the other end of a dialog has here (RFC 6665 §4.2), by SUBSCRIBE or by a request that implies
 * one, such as REFER.
 *
 * @see pjsip_evsub_create_uas
 */
export class Notifier extends Emitter<NotifierEvents> implements DialogUsage {
  readonly name: string
  readonly dialog: Dialog
  readonly package: EventPackage
  /** The request that made the subscription. */
  readonly received: ReceivedRequest
  readonly id: string | undefined
  readonly #init: NotifierInit
  readonly #layer: EvsubLayer
  readonly #transaction: ServerTransaction
  readonly #timers: NamedTimers<'expiry' | 'linger'>
  readonly #queue: NotifyQueue
  readonly #machine: TableMachine<NotifierState, NotifierInput, NotifierAction>
  #announced: NotifierState = 'init'
  #expiresAt = 0

  /**
   * Takes its place in the dialog, which lasts as long as the subscription from now on, and the request, which is
   * for `accept` or `reject`.
   *
   * @throws SipError `SIP_LIMIT` when the endpoint has as many subscriptions as it may; it then answers itself
   */
  constructor(dialog: Dialog, received: ReceivedRequest, init: NotifierInit) {
    super()
    this.#layer = EvsubLayer.of(dialog.endpoint)
    this.#layer.assertRoom()
    const { clock } = dialog.endpoint
    this.name = init.package.name
    this.dialog = dialog
    this.package = init.package
    this.received = received
    this.id = init.id ?? received.message.headers.get(Event)?.id
    this.#init = init
    this.#timers = new NamedTimers(clock)
    this.#queue = new NotifyQueue(dialog, (event) => this.#onQueue(event))
    this.#machine = new TableMachine(NOTIFIER_TABLE, 'init', {
      decline: () => this.#transaction.respond(dialog.createResponse(received, 480)),
      'notify-current': () =>
        this.#queue.push(this.#build(this.state === 'active' ? 'active' : 'pending', this.#now())),
      'notify-timeout': () =>
        this.#queue.push(this.#build('terminated', { ...this.#now(), reason: 'timeout' })),
      linger: () => this.#linger(),
      leave: () => this.#leave(),
    })
    // First, as there may be no room for it.
    this.#transaction = dialog.accept(received, dialog.endpoint.unwatched)
    dialog.attach(this)
    this.#layer.register(init.package)
    this.#layer.add(this)
  }

  /** @see pjsip_evsub_get_state */
  get state(): NotifierState {
    return this.#machine.state
  }

  /** Seconds until the subscription expires unless it is refreshed. */
  get timeLeft(): number {
    return Math.max(0, Math.ceil((this.#expiresAt - this.dialog.endpoint.clock.now()) / 1000))
  }

  /**
   * Answers the request with a 2xx. A NOTIFY is to follow at once (RFC 6665 §4.2.1.2).
   *
   * @throws ArgumentError when the status is no 2xx
   * @throws StateError when the request has been answered
   * @see pjsip_evsub_accept
   */
  accept(status = 200, init: ResponseInit = {}): void {
    if (status < 200 || status > 299)
      throw new ArgumentError(`a subscription is accepted with a 2xx, not ${status}`)
    this.#answerFirst('accept', status, init)
  }

  /**
   * Answers the request with a failure, 603 by default; that is the end of it.
   *
   * @param status 300 to 699
   * @throws ArgumentError when the status is another
   * @throws StateError when the request has been answered
   */
  reject(status = 603, init: ResponseInit = {}): void {
    if (status < 300 || status > 699)
      throw new ArgumentError(`a subscription is refused with 300 to 699, not ${status}`)
    this.#answerFirst('reject', status, init)
  }

  /**
   * A NOTIFY for the subscription, to be sent with `send`.
   *
   * @throws StateError when the state of the subscription does not allow it: before `accept`, after the last NOTIFY,
   *   or `pending` after `active`
   * @throws ArgumentError when a header cannot be sent
   * @see pjsip_evsub_notify
   */
  createNotify(state: NotifyState, init: NotifyInit = {}): OutgoingRequest {
    if (NOTIFIER_TABLE[this.state][`notify-${state}`] === null)
      throw this.#misused(`a NOTIFY that says ${state}`)
    return this.#build(state, init)
  }

  /**
   * Sends a NOTIFY from `createNotify`: at once if the one before it has been answered, else when it is. Of several
   * that wait only the newest is sent.
   *
   * @throws StateError as `createNotify` does
   * @see pjsip_evsub_send_request
   */
  send(notify: OutgoingRequest): void {
    const said = notify.headers.get(SubscriptionState)
    const send = () => this.#queue.push(notify)
    if (said === undefined)
      throw new ArgumentError(`a ${notify.method} without Subscription-State is no NOTIFY`)
    if (this.#take(`notify-${notifyStateOf(said)}`, { type: 'local' }, { notify: send })) return
    throw this.#misused(`a NOTIFY that says ${said.state}`)
  }

  /**
   * Ends the subscription at this end at once, without a NOTIFY; a request not answered yet is refused with 480.
   *
   * @see pjsip_evsub_terminate
   */
  terminate(): void {
    this.#take('terminate', { type: 'local' })
  }

  /** Whether something else than a SUBSCRIBE has made it, which it outlives by little. */
  get endsByItself(): boolean {
    return this.received.message.method !== 'SUBSCRIBE'
  }

  /**
   * Ends the subscription because this end goes away, with a last NOTIFY that has the subscriber ask again where it can
   * (RFC 6665 §4.1.3); a request not answered yet is refused with 480.
   */
  end(): void {
    const reason = this.endsByItself ? 'noresource' : 'deactivated'
    const notify = () => this.#queue.push(this.#build('terminated', { ...this.#now(), reason }))
    if (this.state === 'init') this.terminate()
    else this.#take('notify-terminated', { type: 'local' }, { notify })
  }

  onDialog({ received }: DialogEvent): boolean {
    const { message } = received
    if (message.method !== 'SUBSCRIBE' || !this.#isMine(message.headers.get(Event))) return false
    const cause: Cause = { type: 'request', request: message }
    const wanted = message.headers.get(Expires) ?? this.package.defaultExpires
    const { minExpires } = this.package
    const answer = (status: number, init: ResponseInit) => () => this.dialog.respond(received, status, init)
    if (wanted === 0) return this.#take('unsubscribe', cause, { answer: answer(200, expiresHeader(0)) })
    if (wanted < minExpires) {
      return this.#take('too-brief', cause, {
        answer: answer(423, { headers: { [MinExpires.name]: String(minExpires) } }),
      })
    }
    const granted = this.#grant(wanted)
    return this.#take('refresh', cause, {
      prolong: () => this.#prolong(granted),
      answer: answer(200, expiresHeader(granted)),
      report: () => this.emit('refresh', received, granted),
    })
  }

  #answerFirst(input: 'accept' | 'reject', status: number, init: ResponseInit): void {
    const { message } = this.received
    const granted = this.#grant(message.headers.get(Expires) ?? this.package.defaultExpires)
    const makesDialog = input === 'accept' && message.to.tag === undefined
    // Before anything happens: a header that cannot be sent must leave everything as it was.
    const response = this.dialog.createResponse(this.received, status, init)
    if (input === 'accept' && message.method === 'SUBSCRIBE') response.headers.set(Expires, granted)
    if (makesDialog) this.dialog.endpoint.capabilities.describe(response.headers)
    const answer = () => {
      this.#transaction.respond(response)
      if (makesDialog) this.dialog.confirm()
    }
    if (this.#take(input, { type: 'local' }, { answer, prolong: () => this.#prolong(granted) })) return
    throw this.#misused(`'${input}'`)
  }

  #take(
    input: NotifierInput,
    cause: Cause,
    doings: { readonly [action in NotifierAction]?: () => void } = {},
  ): boolean {
    const meant = this.#machine.take(input, doings)
    this.#announce(cause)
    return meant
  }

  #announce(cause: Cause): void {
    const { state } = this
    const from = this.#announced
    if (state === from) return
    this.#announced = state
    this.dialog.endpoint.diagnostics.publish(
      subscriptionDiagnostic,
      (): SubscriptionStep => ({
        role: 'notifier',
        subscription: this,
        from,
        to: state,
        cause,
      }),
    )
    this.emit('state', state, cause)
  }

  #onQueue({ type, cause }: NotifyQueueEvent): void {
    this.#take(type, cause)
  }

  #isMine(event: EventValue | undefined): boolean {
    if (event?.package !== this.package.name) return false
    return event.id === this.id || (event.id !== undefined && event.id === this.#init.alias)
  }

  // RFC 6665 §4.2.1.1: may be shorter than what was asked for, never longer.
  #grant(wanted: number): number {
    return Math.min(wanted, this.#init.expires ?? wanted, this.package.maxExpires)
  }

  #prolong(seconds: number): void {
    const { clock } = this.dialog.endpoint
    this.#expiresAt = clock.now() + seconds * 1000
    this.#timers.start('expiry', seconds * 1000, () => {
      this.#elapsed('expiry', `the ${this.name} subscription was not refreshed within ${seconds} s`)
    })
  }

  // Long enough for a NOTIFY under way to be resent until it fails, and for the last one after it.
  #linger(): void {
    const time = 2 * 64 * this.dialog.endpoint.timers.T1
    this.#timers.start('linger', time, () => {
      this.#elapsed('linger', `the last NOTIFY of ${this.name} was not answered`)
    })
  }

  #elapsed(timer: 'expiry' | 'linger', message: string): void {
    this.#take(timer, failureCause(new TimeoutError(timer, message)))
  }

  #now(): NotifyInit {
    return { body: this.#init.current() }
  }

  #build(state: NotifyState, { headers, body, reason, retryAfter }: NotifyInit): OutgoingRequest {
    const notify = this.dialog.createRequest('NOTIFY', { headers, body })
    notify.headers.set(Event, eventOf(this.package.name, this.id))
    const said = state === 'terminated' ? { state, reason, retryAfter } : { state, expires: this.timeLeft }
    notify.headers.set(SubscriptionState, new SubscriptionStateValue(said))
    return notify
  }

  #leave(): void {
    this.#timers.stopAll()
    this.#queue.close()
    this.#layer.remove(this)
    this.dialog.detach(this)
  }

  #misused(what: string): StateError {
    return new StateError(`${what} is not for a ${this.name} subscription that is ${this.state}`)
  }
}

function expiresHeader(seconds: number): ResponseInit {
  return { headers: { [Expires.name]: String(seconds) } }
}
