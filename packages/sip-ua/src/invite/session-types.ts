import type { ExtraHeaders } from 'sip-core'
import type { Cause } from '../dialog/index.ts'
import type { CallState } from './invite.fsm.ts'
import type { Answerer } from './invite-client.ts'
import type { IncomingReinvite } from './reinvite.ts'

/** How a call is placed. */
export interface InviteInit {
  /** The offer; without one the peer is asked for its own. */
  readonly sdp?: string | undefined
  readonly headers?: ExtraHeaders | undefined
  /**
   * Without `sdp`: the answer to the offer that the peer's 2xx brings. It is asked for as the 2xx comes, and goes
   * out with the ACK (RFC 3261 §13.2.2.4).
   */
  readonly answer?: Answerer | undefined
}

/** How a call is accepted. */
export interface AcceptInit {
  /** The answer to the caller's offer, or the offer if it made none. */
  readonly sdp?: string | undefined
  readonly headers?: ExtraHeaders | undefined
}

/** How a call is ended. What does not fit the state it is in is not sent. */
export interface EndInit {
  /** The status with which an incoming call that has not been accepted is refused, 300 to 699; default 480. */
  readonly status?: number
  readonly reason?: string
}

/**
 * What happens to a call. Listeners hear of it in the order in which it happened: what one of them causes, by `end`
 * for instance, takes effect at once, and is told after everybody has heard of what came before.
 */
export interface InviteSessionEvents {
  /** The call is in a new state. */
  state: [state: CallState, cause: Cause]
  /** A provisional response above 100 came. */
  progress: [status: number, reason: string]
  /** The peer wants to change the call. With no listener it is refused with 488, and the call stays as it is. */
  reinvite: [reinvite: IncomingReinvite]
  /** The peer's session description is new. */
  'remote-sdp': [sdp: string]
}
