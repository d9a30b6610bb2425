import type { Address, TransportProtocol } from './transport.ts'

/** Where to send a request next: one address over one transport. */
export interface Target {
  readonly protocol: TransportProtocol
  readonly address: Address
  /**
   * The host of the URI that was asked for, whatever the name service made of it: what the peer's certificate must
   * be valid for (RFC 5922 §4), and the server's name to a WebSocket. Lower case, an IPv6 address without brackets.
   */
  readonly domain: string
}
