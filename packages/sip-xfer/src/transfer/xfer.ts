import {
  Emitter,
  type EndpointModule,
  type ExtraHeaders,
  ModulePriority,
  ParseError,
  type Received,
  type ReceivedRequest,
  StateError,
  verifyRequest,
} from 'sip-core'
import { type AddressLike, InviteSession, toNameAddr, type UserAgent } from 'sip-ua'
import { type Dialog, uasRemoteTarget } from 'sip-ua/dialog'
import { REFER } from '../method.ts'
import { ReferNotifier } from '../refer-notifier.ts'
import { installRefer } from '../refer-package.ts'
import { ReferSubscriber } from '../refer-subscriber.ts'
import { Referral } from './referral.ts'
import { type HangUp, Transfer } from './transfer.ts'

/** How a call is transferred. */
export interface TransferInit {
  /** Who asks, told to the target by the transferee (RFC 3892); default: the user agent's identity. */
  readonly referredBy?: AddressLike
  /** For the REFER. */
  readonly headers?: ExtraHeaders
  /**
   * When this end hangs up on the transferee: once it talks to the target (the default: if it does not, the call
   * is still there), as soon as it has agreed to try, or never.
   */
  readonly hangUp?: HangUp
}

/** What happens to a user agent that can be asked to transfer. */
export interface XferEvents {
  /**
   * Somebody asks this end to call somebody else. With no listener it is refused with 603; if none has answered within
   * 64 * T1 (32 s), the time for which the other end waits, with 480.
   */
  refer: [referral: Referral]
}

/**
 * Call transfer for a user agent. Nothing is followed unless a listener of `'refer'` says so.
 *
 * ```ts
 * const xfer = new Xfer(ua)
 * xfer.on('refer', (referral) => referral.follow({ sdp }))
 * const { result } = await xfer.transfer(call, 'sip:human@example.com').outcome
 * ```
 *
 * @see pjsip_xfer_init_module, pjsua_call_xfer, on_call_transfer_request
 */
export class Xfer extends Emitter<XferEvents> implements EndpointModule {
  readonly name = 'transfer'
  readonly priority = ModulePriority.usage
  readonly ua: UserAgent

  constructor(ua: UserAgent) {
    super()
    this.ua = ua
    installRefer(ua.endpoint)
    ua.endpoint.use(this)
  }

  /**
   * Asks the other end of a call to call `target` instead: a blind transfer (RFC 5589 §6).
   *
   * @throws StateError when the call is not up; ParseError when `target` is no address; ArgumentError when a
   *   header cannot be sent
   * @see pjsua_call_xfer
   */
  transfer(call: InviteSession, target: AddressLike, init: TransferInit = {}): Transfer {
    if (call.state !== 'confirmed') throw new StateError(`a call that is ${call.state} cannot be transferred`)
    const referTo = toNameAddr(target)
    const referredBy = toNameAddr(init.referredBy ?? this.ua.identity)
    const subscriber = this.createUac(call.dialog)
    try {
      const refer = subscriber.initiate(referTo, { referredBy, headers: init.headers })
      return new Transfer(call, referTo, subscriber, refer, init.hangUp ?? 'when-transferred')
    } catch (error) {
      // What was never sent must not keep the dialog alive.
      subscriber.terminate()
      throw error
    }
  }

  /**
   * A subscription for a REFER that this end will send in `dialog`.
   *
   * @see pjsip_xfer_create_uac
   */
  createUac(dialog: Dialog): ReferSubscriber {
    return new ReferSubscriber(dialog)
  }

  /**
   * The subscription that a received REFER asks for.
   *
   * @throws ParseError when it has not exactly one Refer-To; answer 400 then
   * @see pjsip_xfer_create_uas
   */
  createUas(dialog: Dialog, received: ReceivedRequest): ReferNotifier {
    return new ReferNotifier(dialog, received)
  }

  receive(received: Received): boolean {
    if (received.type === 'response' || received.message.method !== REFER) return false
    const { from, to, callId } = received.message
    if (to.tag === undefined) {
      this.#open(received)
      return true
    }
    const dialog = this.ua.dialogs.find(callId, to.tag, from.tag)
    if (dialog !== undefined) this.#refer(dialog, received)
    return dialog !== undefined
  }

  // A REFER outside of a dialog makes one (RFC 3515 §2.4.4).
  #open(received: ReceivedRequest): void {
    const { dialogs, endpoint, identity } = this.ua
    const refusal = verifyRequest(received.message, endpoint.capabilities)
    if (refusal !== undefined) return endpoint.respond(received, refusal.status, refusal)
    const target = uasRemoteTarget(received.message)
    if (target === undefined) return endpoint.respond(received, 400, { reason: 'Missing Contact' })
    const contact = endpoint.contact(identity.uri, target, { heardOn: received.flow })
    this.#refer(dialogs.createUas(received, { contact, digest: this.ua.createDigest() }), received)
  }

  #refer(dialog: Dialog, received: ReceivedRequest): void {
    let notifier: ReferNotifier
    try {
      notifier = this.createUas(dialog, received)
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      return dialog.respond(received, 400, { reason: error.message })
    }
    this.#limit(notifier)
    const call = dialog.usages.find((usage) => usage instanceof InviteSession)
    const referral = new Referral(this.ua, notifier, call)
    if (!this.emit('refer', referral)) referral.reject()
  }

  // RFC 3261 §17.1.2.2, timer F: after that nobody waits for the answer, and what is unanswered would stay for ever.
  #limit(notifier: ReferNotifier): void {
    const { clock, timers } = this.ua.endpoint
    const limit = clock.setTimer(64 * timers.T1, () => notifier.terminate())
    notifier.once('state', () => limit.cancel())
  }
}
