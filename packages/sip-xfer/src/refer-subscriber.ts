import {
  ContentType,
  Emitter,
  type ExtraHeaders,
  NameAddr,
  type OutgoingRequest,
  parseNameAddr,
  type ReceivedRequest,
  type SipResponse,
  StateError,
  type Uri,
} from 'sip-core'
import {
  type Notification,
  type NotifyState,
  Subscriber,
  type SubscriberEvents,
  type SubscriberInit,
  type SubscriberState,
  type SubscriptionStateValue,
} from 'sip-simple'
import type { Dialog } from 'sip-ua/dialog'
import { ReferredBy, ReferTo } from './header/index.ts'
import { REFER } from './method.ts'
import { refer } from './refer-package.ts'
import { parseSipfrag, type Sipfrag } from './sipfrag.ts'

/** What a REFER says besides its Refer-To. */
export interface ReferInit {
  /** Who asks (RFC 3892); default nobody. */
  readonly referredBy?: NameAddr | Uri | string | undefined
  readonly headers?: ExtraHeaders | undefined
}

/** How the request that a REFER has caused comes along. */
export interface ReferNotification {
  readonly state: NotifyState
  /** What the request was answered last; undefined if the NOTIFY does not tell. */
  readonly status: number | undefined
  readonly reason: string | undefined
  readonly fragment: Sipfrag
  readonly subscriptionState: SubscriptionStateValue
  readonly received: ReceivedRequest
}

/** What happens to the subscription of a REFER: what happens to any other, and what its NOTIFYs say. */
export type ReferSubscriberEvents = Omit<SubscriberEvents, 'notify'> & {
  /** A NOTIFY has come. The one that ends the subscription comes before the state `terminated`. */
  notify: [notification: ReferNotification]
}

/**
 * The end that sends a REFER, with the subscription that it implies (RFC 3515 §2.4): a usage of its dialog in its own
 * right, which goes on when the call in the dialog ends.
 *
 * ```ts
 * const subscriber = new ReferSubscriber(dialog)
 * subscriber.on('notify', ({ status, reason }) => console.log(status, reason))
 * subscriber.send(subscriber.initiate('sip:carol@example.com'))
 * ```
 *
 * @see pjsip_xfer_create_uac
 */
export class ReferSubscriber extends Emitter<ReferSubscriberEvents> {
  /** The subscription below, for what is not said here. */
  readonly subscription: Subscriber
  #referTo: NameAddr | undefined

  constructor(dialog: Dialog, init: Pick<SubscriberInit, 'autoRefresh' | 'judge'> = {}) {
    super()
    this.subscription = new Subscriber(dialog, { ...init, package: refer, id: 'given' })
      .on('notify', (notification) => this.emit('notify', read(notification)))
      .on('accepted', (response) => this.#onAccepted(response))
      .on('refused', (cause) => this.emit('refused', cause))
      .on('expiring', (seconds) => this.emit('expiring', seconds))
      .on('state', (state, cause) => this.emit('state', state, cause))
  }

  get dialog(): Dialog {
    return this.subscription.dialog
  }

  get state(): SubscriberState {
    return this.subscription.state
  }

  /**
   * A REFER, to be sent with `send`.
   *
   * @param referTo whom the other end is to contact: a URI, or text of one, or of a name-addr with `<` and `>`. May be
   *   left out in later REFERs of the same subscription: then it is the one of the REFER before
   * @throws StateError when it is left out in the first REFER, or the subscription is over
   * @throws ParseError when text is no address, ArgumentError when a header cannot be sent
   * @see pjsip_xfer_initiate
   */
  initiate(referTo?: NameAddr | Uri | string, init: ReferInit = {}): OutgoingRequest {
    const target = referTo === undefined ? this.#referTo : addressOf(referTo)
    if (target === undefined) throw new StateError('the first REFER of a subscription needs a Refer-To')
    const referredBy = init.referredBy === undefined ? undefined : addressOf(init.referredBy)
    const request = this.subscription.createRequest(REFER, { headers: init.headers })
    request.headers.set(ReferTo, target)
    if (referredBy !== undefined) request.headers.set(ReferredBy, referredBy)
    this.#referTo = target
    return request
  }

  /**
   * Sends a request from `initiate`.
   *
   * @throws StateError when the subscription is over
   * @see pjsip_xfer_send_request
   */
  send(request: OutgoingRequest): void {
    this.subscription.send(request)
  }

  /** Asks for so many seconds more, by SUBSCRIBE; see `Subscriber.refresh`. */
  refresh(expires?: number): void {
    this.subscription.refresh(expires)
  }

  /** Asks for no more NOTIFYs but a last one, by SUBSCRIBE; see `Subscriber.unsubscribe`. */
  unsubscribe(): void {
    this.subscription.unsubscribe()
  }

  /** Ends the subscription at this end at once; see `Subscriber.terminate`. */
  terminate(): void {
    this.subscription.terminate()
  }

  #onAccepted(response: SipResponse): void {
    this.emit('accepted', response)
    // RFC 4488 §4: the other end follows the REFER, but there is no subscription.
    if (response.headers.get('Refer-Sub')?.toLowerCase().startsWith('false')) this.terminate()
  }
}

function read({ received, state, subscriptionState }: Notification): ReferNotification {
  const { body, headers } = received.message
  const fragment = parseSipfrag(body, headers.get(ContentType))
  const { status, reason } = fragment.type === 'status' ? fragment : NOTHING
  return { state, status, reason, fragment, subscriptionState, received }
}

const NOTHING = { status: undefined, reason: undefined }

// Without '<' all of a text is a URI: what follows its ';' must not become a parameter of the header.
function addressOf(address: NameAddr | Uri | string): NameAddr {
  if (address instanceof NameAddr) return address
  if (typeof address === 'string' && address.includes('<')) return parseNameAddr(address)
  return new NameAddr({ uri: address })
}
