import {
  Accept,
  type ClientRequestEvent,
  Emitter,
  Expires,
  type Method,
  type OutgoingRequest,
  type ReceivedRequest,
  type Refusal,
  type SipResponse,
  StateError,
  TableMachine,
} from 'sip-core'
import {
  type Cause,
  type Dialog,
  type DialogEvent,
  type DialogRequestInit,
  type DialogUsage,
  failureCause,
} from 'sip-ua/dialog'
import { Event, SubscriptionState, type SubscriptionStateValue } from '../header/index.ts'
import { EventId, eventOf } from './event-id.ts'
import type { EventPackage } from './event-package.ts'
import { EvsubLayer } from './evsub-layer.ts'
import { Lifetime, type LifetimeEvent } from './lifetime.ts'
import { type NotifyState, notifyStateOf } from './notify-state.ts'
import { subscribeAnswer } from './subscribe-answer.ts'
import {
  SUBSCRIBER_TABLE,
  type SubscriberAction,
  type SubscriberInput,
  type SubscriberState,
} from './subscriber.fsm.ts'
import { type SubscriptionStep, subscriptionDiagnostic } from './subscription-diagnostic.ts'

/** How a subscription begins. */
export interface SubscriberInit {
  readonly package: EventPackage
  /** The `id` of Event; default none. `'given'`: the notifier gives it, as for REFER (RFC 3515 §2.4.6). */
  readonly id?: string | 'given' | undefined
  /** Whether it is refreshed before it expires, until `unsubscribe`; default false: `expiring` tells when it is time. */
  readonly autoRefresh?: boolean | undefined
  /**
   * Looks at a NOTIFY before it is taken. What it gives is the answer, and the subscription stays as if nothing had
   * come; undefined: 200.
   */
  readonly judge?: ((notify: ReceivedRequest) => Refusal | undefined) | undefined
}

/** A request that makes, refreshes or ends a subscription. */
export interface SubscribeInit extends DialogRequestInit {
  /** Seconds; 0 ends the subscription. Default for SUBSCRIBE: the package's, for other methods: none. */
  readonly expires?: number | undefined
}

/** A NOTIFY that was taken. */
export interface Notification {
  readonly received: ReceivedRequest
  readonly state: NotifyState
  /** What it says of the subscription, in full. */
  readonly subscriptionState: SubscriptionStateValue
}

/** What happens to a subscription. */
export interface SubscriberEvents {
  /** It is in a new state. A NOTIFY that ends it has been told by `notify` before. */
  state: [state: SubscriberState, cause: Cause]
  /** The notifier has told of the resource. */
  notify: [notification: Notification]
  /** A request of this end was answered with 2xx. */
  accepted: [response: SipResponse]
  /** A request of this end failed, but the subscription goes on as it was. */
  refused: [cause: Cause]
  /** It expires in so many seconds unless it is refreshed. */
  expiring: [seconds: number]
}

/**
 * A subscription to what happens at the other end of a dialog (RFC 6665 §4.1), made by SUBSCRIBE or by a request
 * that implies one, such as REFER.
 *
 * @see pjsip_evsub_create_uac
 */
export class Subscriber extends Emitter<SubscriberEvents> implements DialogUsage {
  readonly name: string
  readonly dialog: Dialog
  readonly package: EventPackage
  readonly #init: SubscriberInit
  readonly #layer: EvsubLayer
  readonly #id: EventId
  readonly #lifetime: Lifetime
  readonly #machine: TableMachine<SubscriberState, SubscriberInput, SubscriberAction>
  #announced: SubscriberState = 'init'
  #said: SubscriptionStateValue | undefined

  /**
   * Takes its place in the dialog, which lasts as long as the subscription from now on.
   *
   * @throws SipError `SIP_LIMIT` when the endpoint has as many subscriptions as it may
   */
  constructor(dialog: Dialog, init: SubscriberInit) {
    super()
    this.#layer = EvsubLayer.of(dialog.endpoint)
    this.#layer.assertRoom()
    this.name = init.package.name
    this.dialog = dialog
    this.package = init.package
    this.#init = init
    this.#id = init.id === 'given' ? EventId.given() : EventId.named(init.id)
    const { defaultExpires } = init.package
    this.#lifetime = new Lifetime(dialog.endpoint, defaultExpires, (event) => this.#onLifetime(event))
    this.#machine = new TableMachine(SUBSCRIBER_TABLE, 'init', {
      'start-N': () => this.#lifetime.await(),
      'stop-N': () => this.#lifetime.awaitNoMore(),
      leave: () => this.#leave(),
    })
    dialog.attach(this)
    this.#layer.register(init.package)
    this.#layer.add(this)
  }

  /** @see pjsip_evsub_get_state */
  get state(): SubscriberState {
    return this.#machine.state
  }

  /** The `id` of Event, as far as it is known. */
  get id(): string | undefined {
    return this.#id.value
  }

  /**
   * What the notifier has said of the subscription last; its `reason` and `retryAfter` tell why it ended it.
   *
   * @see pjsip_evsub_get_termination_reason
   */
  get subscriptionState(): SubscriptionStateValue | undefined {
    return this.#said
  }

  /**
   * A request that makes or refreshes the subscription, to be sent with `send`.
   *
   * @param method SUBSCRIBE by default; for any other method the headers that it needs are for the caller to add
   * @throws StateError when the subscription is over
   * @throws ArgumentError when a header cannot be sent
   * @see pjsip_evsub_initiate
   */
  createRequest(method: Method = 'SUBSCRIBE', init: SubscribeInit = {}): OutgoingRequest {
    if (this.state === 'terminated') throw new StateError(`the ${this.name} subscription is over`)
    const request = this.dialog.createRequest(method, init)
    const { headers } = request
    this.dialog.endpoint.capabilities.describe(headers)
    const subscribes = method === 'SUBSCRIBE'
    const expires = init.expires ?? (subscribes ? this.package.defaultExpires : undefined)
    if (expires !== undefined) headers.set(Expires, expires)
    if (!subscribes) return request
    headers.set(Event, eventOf(this.package.name, this.#id.value))
    headers.set(Accept.name, this.package.accept.join(', '))
    return request
  }

  /**
   * Sends a request from `createRequest`.
   *
   * @throws StateError when the subscription is over
   * @see pjsip_evsub_send_request
   */
  send(request: OutgoingRequest): void {
    if (this.#take('send', { type: 'local' }, { send: () => this.#transmit(request) })) return
    throw new StateError(`the ${this.name} subscription is over`)
  }

  /**
   * Asks for so many seconds more.
   *
   * @param expires default: the package's
   * @throws StateError when the subscription is over, or no NOTIFY has told its id yet
   */
  refresh(expires = this.package.defaultExpires): void {
    if (this.#id.isOpen)
      throw new StateError(`the ${this.name} subscription has not been confirmed by a NOTIFY yet`)
    this.send(this.createRequest('SUBSCRIBE', { expires }))
  }

  /**
   * Asks the notifier to end the subscription (RFC 6665 §4.1.2.3). It does so with a last NOTIFY.
   *
   * @throws StateError as `refresh` does
   */
  unsubscribe(): void {
    this.refresh(0)
  }

  /**
   * Ends the subscription at this end at once. The notifier learns of it when its next NOTIFY is refused.
   *
   * @see pjsip_evsub_terminate
   */
  terminate(): void {
    this.#take('terminate', { type: 'local' })
  }

  /** Whether something else than a SUBSCRIBE has made it, which it outlives by little. */
  get endsByItself(): boolean {
    return this.#init.id === 'given'
  }

  /**
   * Ends the subscription because this end goes away: asks the notifier to end it, or where that cannot be done yet
   * gives it up.
   */
  end(): void {
    if (this.state === 'init' || this.#id.isOpen) this.terminate()
    else if (this.state !== 'terminated') this.unsubscribe()
  }

  onDialog({ received }: DialogEvent): boolean {
    const { message } = received
    if (message.method !== 'NOTIFY') return false
    const event = message.headers.get(Event)
    if (event === undefined || !this.#isMine(event.package, event.id)) return false
    const said = message.headers.get(SubscriptionState)
    const refusal = said === undefined ? NO_STATE : this.#init.judge?.(received)
    if (said === undefined || refusal !== undefined) {
      // Not by the dialog: a NOTIFY that is refused makes none.
      this.dialog.endpoint.respond(received, refusal?.status ?? NO_STATE.status, refusal)
      return true
    }
    const state = notifyStateOf(said)
    return this.#take(
      `notify-${state}`,
      { type: 'request', request: message },
      {
        answer: () => {
          this.#id.learn(event.id)
          this.#said = said
          this.dialog.respond(received, 200)
        },
        prolong: () => this.#lifetime.prolongByNotify(said.expires),
        report: () => this.emit('notify', { received, state, subscriptionState: said }),
      },
    )
  }

  #take(
    input: SubscriberInput,
    cause: Cause,
    doings: { readonly [action in SubscriberAction]?: () => void } = {},
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
        role: 'subscriber',
        subscription: this,
        from,
        to: state,
        cause,
      }),
    )
    this.emit('state', state, cause)
  }

  #transmit(request: OutgoingRequest): void {
    const handle = this.dialog.send(request, { onClientRequest: (event) => this.#onAnswer(request, event) })
    if (request.method !== 'SUBSCRIBE') this.#id.addNumber(() => handle.request.cseq.seq)
  }

  #onAnswer(request: OutgoingRequest, event: ClientRequestEvent): void {
    const answer = subscribeAnswer(event)
    if (answer === undefined) return
    if (event.type === 'response' && this.dialog.wasOvertaken(event.received)) {
      const send = () => this.#transmit(this.dialog.repeat(request))
      this.#take('overtaken', { type: 'response', response: event.received.message }, { send })
    } else if ('response' in answer) {
      const { input, response } = answer
      this.#take(
        input,
        { type: 'response', response },
        {
          prolong: () => this.#lifetime.prolongByResponse(response.headers.get(Expires)),
          report: () => this.emit('accepted', response),
        },
      )
    } else {
      const { input, cause } = answer
      this.#take(input, cause, { report: () => this.emit('refused', cause) })
    }
  }

  /** For the other subscriptions of the dialog: whether a NOTIFY is certainly for this one. */
  claims(name: string, id: string | undefined): boolean {
    return name === this.package.name && this.#id.claims(id)
  }

  // A NOTIFY whose id nobody claims goes to the one who does not know its id yet.
  #isMine(name: string, id: string | undefined): boolean {
    if (this.claims(name, id)) return true
    const claimed = this.dialog.usages.some((usage) => usage instanceof Subscriber && usage.claims(name, id))
    return name === this.package.name && this.#id.isOpen && !claimed
  }

  #onLifetime(event: LifetimeEvent): void {
    if (event.input === 'expiring') {
      this.#take('expiring', { type: 'local' }, { report: () => this.#onExpiring(event.seconds) })
    } else {
      this.#take(event.input, failureCause(event.error))
    }
  }

  #onExpiring(seconds: number): void {
    this.emit('expiring', seconds)
    if (this.#init.autoRefresh && this.state !== 'terminated') this.refresh()
  }

  #leave(): void {
    this.#lifetime.end()
    this.#layer.remove(this)
    this.dialog.detach(this)
  }
}

const NO_STATE = { status: 400, reason: 'Missing Subscription-State' }
