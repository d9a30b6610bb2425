/** How much an endpoint holds at most. Past a limit the peer is told so, and everything that is there goes on. */
export interface EndpointLimits {
  /**
   * Live transactions of both sides; default 250 000. A request for which there is no room is answered with 503; one
   * that cannot be sent fails with `SIP_LIMIT`. An eighth more is left to requests within dialogs.
   */
  readonly transactions: number
  /** Live dialogs; default 100 000. A request that would make another is answered with 503. */
  readonly dialogs: number
  /** Live subscriptions of both sides; default 100 000. A request that would make another is answered with 503. */
  readonly subscriptions: number
  /** Bytes of a message; default 65 535. A larger request is answered with 513, a larger response dropped. */
  readonly messageBytes: number
  /** Header lines of a message; default 200. With more, a request is answered with 513 and a response dropped. */
  readonly headers: number
  /** The Retry-After of a 503, in seconds; default 10. */
  readonly retryAfter: number
}

export const DEFAULT_LIMITS: EndpointLimits = {
  transactions: 250_000,
  dialogs: 100_000,
  subscriptions: 100_000,
  messageBytes: 65_535,
  headers: 200,
  retryAfter: 10,
}
