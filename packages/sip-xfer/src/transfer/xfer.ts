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
import type { Dialog } from 'sip-ua/dialog'
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
  /** Somebody asks this end to call somebody else. With no listener it is refused with 603. */
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
    const refer = subscriber.initiate(referTo, { referredBy, headers: init.headers })
    return new Transfer(call, referTo, subscriber, refer, init.hangUp ?? 'when-transferred')
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
    const dialog = this.#dialogOf(received)
    if (dialog === undefined) return false
    this.#refer(dialog, received)
    return true
  }

  // A REFER outside of a dialog makes one (RFC 3515 §2.4.4).
  #dialogOf(received: ReceivedRequest): Dialog | undefined {
    const { from, to, callId, contact } = received.message
    const { dialogs, endpoint, identity } = this.ua
    if (to.tag !== undefined) return dialogs.find(callId, to.tag, from.tag)
    if (contact === undefined || verifyRequest(received.message, endpoint.capabilities) !== undefined)
      return undefined
    const own = endpoint.contact(identity.uri, contact.uri, { heardOn: received.flow })
    return dialogs.createUas(received, { contact: own, digest: this.ua.createDigest() })
  }

  #refer(dialog: Dialog, received: ReceivedRequest): void {
    let notifier: ReferNotifier
    try {
      notifier = this.createUas(dialog, received)
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      return dialog.respond(received, 400, { reason: error.message })
    }
    const call = dialog.usages.find((usage) => usage instanceof InviteSession)
    const referral = new Referral(this.ua, notifier, call)
    if (!this.emit('refer', referral)) referral.reject()
  }
}
