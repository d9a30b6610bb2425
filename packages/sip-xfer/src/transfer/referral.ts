import {
  type ExtraHeaders,
  type NameAddr,
  type ReceivedRequest,
  type ResponseInit,
  reasonPhrase,
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
   * 487 if this end gives it up, 500 if `init` has made this throw.
   *
   * Whatever method the URI of Refer-To names, this is a call; if it asks for something else, `reject`.
   *
   * @returns the new call
   * @throws StateError when the referral was answered already, or waited for an answer for 64 * T1 (32 s)
   * @throws ArgumentError when a header cannot be sent
   */
  follow(init: FollowInit = {}): InviteSession {
    this.notifier.accept()
    this.#report('active', 100)
    const call = this.#place(init)
    call.on('progress', (status, reason) => this.#report('active', status, reason))
    call.on('state', (state, cause) => {
      if (state === 'confirmed') this.#reportEnd(cause)
    })
    call.ended.then((cause) => this.#reportEnd(cause))
    return call
  }

  /**
   * Refuses, with 603 by default.
   *
   * @param status 300 to 699
   * @throws StateError when the referral was answered already, or waited for an answer for 64 * T1 (32 s)
   * @throws ArgumentError for another status, or a header that cannot be sent; the referral still waits
   */
  reject(status = 603, init: ResponseInit = {}): void {
    this.notifier.reject(status, init)
  }

  #place({ sdp, headers }: FollowInit): InviteSession {
    const [referredBy] = this.received.message.headers.getAll('Referred-By')
    const passedOn = referredBy === undefined ? {} : { 'Referred-By': referredBy }
    try {
      return this.#ua.invite(this.referTo.uri, { sdp, headers: { ...passedOn, ...headers } })
    } catch (error) {
      this.#report('terminated', 500)
      throw error
    }
  }

  // How it came out: the call is up, or over.
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
