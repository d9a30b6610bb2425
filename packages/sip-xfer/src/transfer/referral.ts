import {
  type ExtraHeaders,
  type NameAddr,
  type ReceivedRequest,
  type ResponseInit,
  reasonPhrase,
  SipUri,
  type Uri,
} from 'sip-core'
import type { Cause, InviteSession, UserAgent } from 'sip-ua'
import type { ReferNotifier } from '../refer-notifier.ts'

/** How a referral is followed. */
export interface FollowInit {
  /** The offer for the new call. */
  readonly sdp?: string | undefined
  /** For the INVITE of the new call; Referred-By is passed on by itself. */
  readonly headers?: ExtraHeaders | undefined
}

/**
 * Somebody's wish that this end call somebody else (RFC 3515, RFC 5589): handed out by `Xfer`'s `'refer'` event.
 * Answer it with `follow` or `reject`, or drive `notifier` yourself.
 */
export class Referral {
  /** The call in which the wish came; undefined when it came outside of any. */
  readonly call: InviteSession | undefined
  /** The subscription to which the progress is reported; for those who place the call their own way. */
  readonly notifier: ReferNotifier
  readonly #ua: UserAgent
  #reported = ''

  /** For `Xfer`. */
  constructor(ua: UserAgent, notifier: ReferNotifier, call: InviteSession | undefined) {
    this.#ua = ua
    this.notifier = notifier
    this.call = call
  }

  /** The REFER. */
  get received(): ReceivedRequest {
    return this.notifier.received
  }

  /** Whom to call. */
  get referTo(): NameAddr {
    return this.notifier.referTo
  }

  /** Who asks, by its own account (RFC 3892); the caller's identity may differ. */
  get referredBy(): NameAddr | undefined {
    return this.notifier.referredBy
  }

  /**
   * Accepts with 202, calls the target and reports what comes of it: 100 at once, each provisional response, the
   * final one with `Subscription-State: terminated;reason=noresource` (RFC 3515 §2.4.4, §2.4.5). The call in which
   * the wish came stays as it is; ending it is up to whoever asked (RFC 5589 §6.1).
   *
   * A call that cannot be placed is reported as well: 408 if nobody answers, 503 if the target cannot be reached,
   * 487 if this end gives it up.
   *
   * @returns the new call
   * @throws StateError when the referral was answered already
   */
  follow(init: FollowInit = {}): InviteSession {
    this.notifier.accept()
    this.#report('active', 100)
    const [referredBy] = this.received.message.headers.getAll('Referred-By')
    const headers = { ...(referredBy === undefined ? {} : { 'Referred-By': referredBy }), ...init.headers }
    const call = this.#ua.invite(requestUri(this.referTo.uri), { sdp: init.sdp, headers })
    call.on('progress', (status, reason) => this.#report('active', status, reason))
    call.on('state', (state) => {
      if (state === 'confirmed') this.#report('terminated', 200)
    })
    call.ended.then((cause) => this.#reportEnd(cause))
    return call
  }

  /**
   * Refuses, with 603 by default.
   *
   * @throws StateError when the referral was answered already
   */
  reject(status = 603, init: ResponseInit = {}): void {
    this.notifier.reject(status, init)
  }

  #reportEnd(cause: Cause): void {
    switch (cause.type) {
      case 'response':
        return this.#report('terminated', cause.response.status, cause.response.reason)
      case 'timeout':
        return this.#report('terminated', 408)
      case 'transport-error':
        return this.#report('terminated', 503)
      default:
        return this.#report('terminated', 487)
    }
  }

  #report(state: 'active' | 'terminated', status: number, reason = reasonPhrase(status)): void {
    // The final one is out, or the one who asked has lost interest; the call goes on all the same.
    if (this.notifier.state === 'closing' || this.notifier.state === 'terminated') return
    // A provisional response that came again is no progress.
    const line = `${status} ${reason}`
    if (line === this.#reported && state === 'active') return
    this.#reported = line
    this.notifier.send(this.notifier.notify(state, status, reason))
  }
}

// RFC 3261 §19.1.1: neither a method nor headers stand in a Request-URI.
function requestUri(uri: Uri): Uri {
  return uri instanceof SipUri ? uri.with({ params: uri.params.without('method'), headers: undefined }) : uri
}
