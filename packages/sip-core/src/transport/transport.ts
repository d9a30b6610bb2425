import type { TransportError } from '../base/errors.ts'
import type { ConnectionPolicy } from './connection-policy.ts'

/** An IP address (a literal, IPv6 without brackets) and a port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port`, with the brackets that an IPv6 address needs. */
export function formatAddress({ host, port }: Address): string {
  return `${bracketed(host)}:${port}`
}

/** The host as it stands in a URI or a Via: an IPv6 address gets its brackets (RFC 3261 §25.1, IPv6reference). */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** The transports of RFC 3261 §18 and RFC 7118, as they stand in a Via. */
export type TransportProtocol = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS'

/** What a new connection is for, besides its address. */
export interface ConnectOptions {
  /**
   * The domain that was asked for: the host of the URI that led to the address. On a secure transport the peer
   * must prove it by its certificate (RFC 5922 §7), and it is the server name of the handshake. Default: the
   * address itself.
   */
  readonly domain?: string | undefined
}

/**
 * One way to the network: a listening socket, or in a browser the ability to open one.
 *
 * @see pjsip_transport, pjsip_tpfactory
 */
export interface Transport {
  readonly protocol: TransportProtocol
  /** Whether the network below resends, so that transactions need not (RFC 3261 §17). */
  readonly reliable: boolean
  /** Whether a `sips:` URI may use it (RFC 3261 §26.2.2). */
  readonly secure: boolean
  /** Whether bytes arrive as whole messages (UDP, WebSocket) or as a stream to be framed (TCP, TLS). */
  readonly framing: 'message' | 'stream'
  /**
   * The one server that it leads to, which passes on whatever it is given: an outbound proxy (RFC 3261 §8.1.2), as
   * a page's WebSocket has one. `connect` leads there whatever the address. Default: none, it leads everywhere.
   */
  readonly outbound?: Address
  /**
   * What peers are told in Via and Contact: where this transport can be reached. The port 0 says that it cannot be
   * connected to at all; the host is a name made up then (RFC 7118 Appendix B.1). Valid once `listen` resolved.
   */
  readonly local: Address
  /** How its connections are kept; default: as they come. */
  readonly policy?: ConnectionPolicy
  /**
   * Opens the transport; from then on everything that happens on it goes to `receiver`.
   *
   * @throws TransportError (rejects) when the address cannot be bound
   */
  listen(receiver: TransportReceiver): Promise<void>
  /**
   * A flow to `remote`: one that is open already (on a secure transport: for the same domain), or a new one. What
   * is sent before it is open waits. Never throws and causes no event before it returns: what goes wrong is told
   * to the sender, and as `closed`.
   */
  connect(remote: Address, options?: ConnectOptions): Flow
  /** Closes every flow, then the sockets; no event comes after it resolved. */
  close(): Promise<void>
}

/**
 * One path between two addresses over one transport: a TCP connection, or for UDP the socket with the peer's
 * address. Requests and their responses travel the same flow (RFC 3261 §18.2.2, RFC 5626).
 */
export interface Flow {
  readonly transport: Transport
  readonly local: Address
  readonly remote: Address
  /**
   * Hands one whole message to the network.
   *
   * @param failed called at most once, perhaps later, when the network is known not to have taken it
   */
  send(bytes: Uint8Array, failed: (error: TransportError) => void): void
  /**
   * Ends the connection: what was handed over is still sent, nothing more is taken or delivered, and `closed` is
   * told with `reason` before this returns. Does nothing on a flow that is closed, and on a transport without
   * connections.
   *
   * @param reason why, if not in order; what waited for the connection to open fails with it
   */
  close(reason?: TransportError): void
  /**
   * Lets requests to `port` of this peer go over this connection, which the peer has opened and has announced by
   * `alias` in its Via (RFC 5923). The transport does so only where it can trust the peer that far.
   */
  alias?(port: number): void
}

/** What happens on a transport. */
export type TransportEvent =
  /**
   * A connection is there: a peer has opened it, or one that `connect` began is ready. Comes before anything else
   * on the flow, and only on reliable transports.
   */
  | { readonly type: 'open'; readonly flow: Flow }
  /** Bytes came: one message, or on a stream the next piece. */
  | { readonly type: 'data'; readonly flow: Flow; readonly bytes: Uint8Array }
  /**
   * The flow is gone, by either side; the last event of a flow, and one for each that was opened or failed to open.
   * `error` says why if not in order.
   */
  | { readonly type: 'closed'; readonly flow: Flow; readonly error?: TransportError }

/** Implemented by the transport manager: the one door from a transport upward. */
export interface TransportReceiver {
  onTransport(event: TransportEvent): void
}
