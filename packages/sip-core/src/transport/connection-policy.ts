import type { FramerLimits } from '../parser/index.ts'

/**
 * How long and how many connections a transport wants kept. The transport manager sees to it, by the endpoint's
 * clock; what is not given is not limited. Times are in milliseconds.
 */
export interface ConnectionPolicy {
  /** Until a connection that does not open is given up. */
  readonly connectTimeout?: number | undefined
  /** From the first byte of a message to its last; a peer that is slower is cut off. */
  readonly messageTimeout?: number | undefined
  /** Without a byte either way, after which a connection is closed that no transaction uses. */
  readonly idleTimeout?: number | undefined
  /**
   * Between two pings (CRLF CRLF, RFC 5626 §4.4.1) on connections that this end has opened: each time drawn anew
   * from 80 % to 100 % of this.
   */
  readonly keepAlive?: number | undefined
  /** From a ping to its pong, before the connection is given up; default 10 000. */
  readonly pongTimeout?: number | undefined
  /**
   * At once. For one more, the one is closed that no transaction uses and over which nothing went for longest; where
   * all are in use, the new one.
   */
  readonly maxConnections?: number | undefined
  /** How large messages may be; default 65 535 bytes of head, and as many of body. */
  readonly limits?: FramerLimits | undefined
}
