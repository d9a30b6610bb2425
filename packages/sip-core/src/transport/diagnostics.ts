import { Emitter } from '../base/emitter.ts'
import type { Address, Transport, TransportProtocol } from './transport.ts'

/** A message at the moment in which it crosses the socket, whole and as it is on the wire. */
export interface MessageTrace {
  readonly direction: 'in' | 'out'
  readonly protocol: TransportProtocol
  readonly local: Address
  readonly remote: Address
  readonly bytes: Uint8Array
  /** Milliseconds on the endpoint's clock. */
  readonly at: number
}

/** Where a peer has seen this end (RFC 3581): behind a NAT not where this end believes to be. */
export interface ObservedAddress {
  readonly transport: Transport
  /** Where packets of the transport come from, in the eyes of `peer`; on connections with the port to listen on. */
  readonly address: Address
  /** Where they came from before, in the eyes of this peer or another one. */
  readonly previous: Address | undefined
  readonly peer: Address
}

/**
 * What can be watched. Packages above add their own events by declaration merging.
 */
export interface DiagnosticEvents {
  /** A message was handed to the network or came from it, retransmissions and garbage included. */
  message: [trace: MessageTrace]
  /** A response told where this end is seen, and that is news. */
  'observed-address': [observed: ObservedAddress]
}

/**
 * The place to watch an endpoint from: logging, ladders, packet captures. Costs nothing while nobody listens.
 */
export class Diagnostics extends Emitter<DiagnosticEvents> {
  /** For the stack's own rooms: tells the watchers of `event`, building the record only if there are any. */
  publish<K extends keyof DiagnosticEvents>(event: K, record: () => DiagnosticEvents[K]): void {
    if (this.listenerCount(event) > 0) this.emit(event, ...record())
  }
}
