import { Emitter } from '../base/emitter.ts'
import type { Address, TransportProtocol } from './transport.ts'

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

/**
 * What can be watched. Packages above add their own events by declaration merging.
 */
export interface DiagnosticEvents {
  /** A message was handed to the network or came from it, retransmissions and garbage included. */
  message: [trace: MessageTrace]
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
