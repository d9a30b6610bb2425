import type { Diagnostics } from './diagnostics.ts'
import { isNumeric, unbracketed } from './host.ts'
import type { ReceivedResponse } from './received.ts'
import type { Address, Transport } from './transport.ts'

/**
 * Learns from the `received` and `rport` of responses where peers see this end (RFC 3581 §4), and tells when that
 * changes. What peers say is kept for who wants to know; it changes nothing that is sent.
 */
export class ObservedAddresses {
  readonly #diagnostics: Diagnostics
  readonly #latest = new Map<Transport, Address>()

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics
  }

  /** Where the latest response that told so has seen `transport`. */
  of(transport: Transport): Address | undefined {
    return this.#latest.get(transport)
  }

  /** Reads a response to a request of this end. */
  learn({ message, flow }: ReceivedResponse): void {
    const { received, rport } = message.via
    const { transport, remote: peer } = flow
    const { local } = transport
    const host = unbracketed(received ?? local.host)
    // A connection leaves from a port of its own, where nobody listens.
    const port = transport.reliable ? local.port : rport
    if ((received === undefined && typeof rport !== 'number') || !isNumeric(host) || !port) return
    const previous = this.#latest.get(transport)
    if (previous?.host === host && previous.port === port) return
    const address = { host, port }
    this.#latest.set(transport, address)
    this.#diagnostics.publish('observed-address', () => [{ transport, address, previous, peer }])
  }
}
