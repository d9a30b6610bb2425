import type { NameAddr, ReceivedRequest, ResponseInit, SipRequest } from 'sip-core'
import type { InviteSession } from './session.ts'
import type { AcceptInit } from './session-types.ts'

/** An INVITE that waits for an answer. */
export class IncomingInvite {
  readonly received: ReceivedRequest
  /** The call that it becomes; ends by itself when the caller gives up (`session.ended`). */
  readonly session: InviteSession

  constructor(received: ReceivedRequest, session: InviteSession) {
    this.received = received
    this.session = session
  }

  get request(): SipRequest {
    return this.received.message
  }

  /** Who calls. */
  get from(): NameAddr {
    return this.request.from
  }

  /** Who is called. */
  get to(): NameAddr {
    return this.request.to
  }

  /** The caller's offer; undefined when it asks for one. */
  get sdp(): string | undefined {
    return this.session.remoteSdp
  }

  /**
   * Sends a provisional response, 180 by default. Does nothing when the caller has given up.
   *
   * @throws StateError when the call was answered already
   */
  ring(status = 180, init: ResponseInit = {}): void {
    this.session.ring(status, init)
  }

  /**
   * Accepts. When the caller has given up meanwhile, the call that is returned is over already.
   *
   * @throws StateError when the call was answered already
   */
  accept(init: AcceptInit = {}): InviteSession {
    this.session.accept(init)
    return this.session
  }

  /**
   * Refuses, with 603 by default. Does nothing when the caller has given up.
   *
   * @throws StateError when the call was answered already
   */
  reject(status = 603, init: ResponseInit = {}): void {
    this.session.reject(status, init)
  }
}
