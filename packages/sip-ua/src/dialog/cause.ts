import { type SipRequest, type SipResponse, TimeoutError, type TransportError } from 'sip-core'

/** Why a usage of a dialog, a call or a subscription, changed its state. */
export type Cause =
  /** The application at this end asked for it. */
  | { readonly type: 'local' }
  /** The peer's request: INVITE, ACK, BYE or CANCEL of a call; SUBSCRIBE or NOTIFY of a subscription. */
  | { readonly type: 'request'; readonly request: SipRequest }
  /** The peer's response to a request of this end. */
  | { readonly type: 'response'; readonly response: SipResponse }
  /**
   * Nobody answered in time (`B`, `F`), a 2xx was never acknowledged (`no ACK`), no NOTIFY followed (`N`), or
   * nobody refreshed (`expiry`).
   */
  | { readonly type: 'timeout'; readonly error: TimeoutError }
  /** A message could not be sent. */
  | { readonly type: 'transport-error'; readonly error: TransportError }

/** The cause that an error below is. */
export function failureCause(error: TimeoutError | TransportError): Cause {
  return error instanceof TimeoutError ? { type: 'timeout', error } : { type: 'transport-error', error }
}

/** The cause in one line, for people. */
export function describeCause(cause: Cause): string {
  switch (cause.type) {
    case 'local':
      return 'this end asked for it'
    case 'request':
      return `the peer sent ${cause.request.method}`
    case 'response':
      return `the peer answered ${cause.response.status} ${cause.response.reason}`
    default:
      return cause.error.message
  }
}
