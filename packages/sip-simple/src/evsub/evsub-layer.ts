import {
  type Endpoint,
  type EndpointModule,
  ModulePriority,
  type Received,
  type ReceivedRequest,
  type ResponseInit,
  SipError,
  verifyRequest,
} from 'sip-core'
import { AllowEvents, Event, SubscriptionState } from '../header/index.ts'
import type { EventPackage } from './event-package.ts'

/** A subscription of either side, as the layer knows it. */
export interface Subscription {
  /**
   * Whether it ends by itself in the foreseeable future, as one that a REFER has made does when what was asked for is
   * done; one that was asked for by SUBSCRIBE may be refreshed for ever.
   */
  readonly endsByItself: boolean
  /** Ends it and tells the peer, if there is anything to tell yet. */
  end(): void
  /** Ends it at this end, without waiting for anybody. */
  terminate(): void
}

/** Takes a SUBSCRIBE outside of a dialog, which is to be answered. */
export type SubscribeTaker = (received: ReceivedRequest) => void

interface Registration {
  readonly package: EventPackage
  readonly onSubscribe: SubscribeTaker | undefined
}

const layers = new WeakMap<Endpoint, EvsubLayer>()

/**
 * The event packages of an endpoint and its subscriptions. Answers the SUBSCRIBEs and NOTIFYs that no subscription
 * takes: 489 for a package that is not known here, 481 for a subscription that does not exist, 403 for one that
 * cannot be had by SUBSCRIBE.
 *
 * @see pjsip_evsub_init_module
 */
export class EvsubLayer implements EndpointModule {
  readonly name = 'evsub'
  readonly priority = ModulePriority.usage
  readonly endpoint: Endpoint
  readonly #packages = new Map<string, Registration>()
  readonly #subscriptions = new Set<Subscription>()
  #whenEmpty: (() => void)[] = []

  private constructor(endpoint: Endpoint) {
    this.endpoint = endpoint
  }

  /** The endpoint's layer; put in place by the first who asks. */
  static of(endpoint: Endpoint): EvsubLayer {
    let layer = layers.get(endpoint)
    if (layer === undefined) {
      layer = new EvsubLayer(endpoint)
      layers.set(endpoint, layer)
      endpoint.use(layer)
      endpoint.understand([Event, AllowEvents, SubscriptionState])
      for (const method of ['SUBSCRIBE', 'NOTIFY']) endpoint.capabilities.methods.add(method)
    }
    return layer
  }

  /** How many subscriptions are alive, those of subscribers and those of notifiers. */
  get size(): number {
    return this.#subscriptions.size
  }

  /**
   * Makes an event package known; to do it again changes nothing but who takes its SUBSCRIBEs.
   *
   * @param onSubscribe takes SUBSCRIBEs outside of dialogs; without it they are refused with 403, as REFER wants it
   *   (RFC 3515 §2.4.4)
   * @see pjsip_evsub_register_pkg
   */
  register(eventPackage: EventPackage, onSubscribe?: SubscribeTaker): void {
    const { name } = eventPackage
    this.#packages.set(name, {
      package: eventPackage,
      onSubscribe: onSubscribe ?? this.#packages.get(name)?.onSubscribe,
    })
    const { events, contentTypes } = this.endpoint.capabilities
    events.add(name)
    for (const type of eventPackage.accept) contentTypes.add(type)
  }

  receive(received: Received): boolean {
    if (received.type === 'response') return false
    const { method } = received.message
    if (method !== 'SUBSCRIBE' && method !== 'NOTIFY') return false
    const refusal = verifyRequest(received.message, this.endpoint.capabilities)
    if (refusal !== undefined) this.endpoint.respond(received, refusal.status, refusal)
    else this.#take(received)
    return true
  }

  /** For subscriptions: @throws SipError `SIP_LIMIT` when the endpoint has as many as it may */
  assertRoom(): void {
    if (this.size < this.endpoint.limits.subscriptions) return
    throw new SipError('SIP_LIMIT', `${this.size} subscriptions are alive: no room for another`)
  }

  /** For subscriptions: be ended when the endpoint is closed. */
  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription)
  }

  /** For subscriptions: it is over. */
  remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription)
    if (this.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }

  /**
   * Ends what might go on for ever: the subscribers of others are told to ask again (RFC 6665 §4.1.3, deactivated),
   * and what is subscribed to here is given back. Resolves as soon as no subscription is left.
   */
  drain(): Promise<void> {
    return this.#end((subscription) => !subscription.endsByItself)
  }

  /** Ends every subscription and tells the peers; resolves when they have answered, or are not waited for. */
  close({ graceful }: { readonly graceful: boolean }): Promise<void> {
    const ended = this.#end(() => true)
    if (!graceful) for (const subscription of [...this.#subscriptions]) subscription.terminate()
    return ended
  }

  async #end(which: (subscription: Subscription) => boolean): Promise<void> {
    for (const subscription of [...this.#subscriptions].filter(which)) subscription.end()
    if (this.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve))
  }

  #take(received: ReceivedRequest): void {
    const { method, headers, to } = received.message
    const respond = (status: number, init?: ResponseInit) => this.endpoint.respond(received, status, init)
    // RFC 6665 §4.2.1.1, §4.1.3: what has no Event names no package that is known.
    const registration = this.#packages.get(headers.get(Event)?.package ?? '')
    if (registration === undefined) {
      respond(489, { headers: { 'Allow-Events': [...this.endpoint.capabilities.events].join(', ') } })
    } else if (method === 'NOTIFY' || to.tag !== undefined) {
      respond(481, { reason: 'Subscription Does Not Exist' })
    } else if (registration.onSubscribe === undefined) {
      respond(403)
    } else {
      registration.onSubscribe(received)
    }
  }
}
