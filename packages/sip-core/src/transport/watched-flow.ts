import type { Clock } from '../base/clock.ts'
import type { TransportError } from '../base/errors.ts'
import type { Diagnostics } from './diagnostics.ts'
import { type Address, type Flow, formatAddress, type Transport } from './transport.ts'

/** What shows the messages of a flow. */
export interface FlowWatch {
  readonly clock: Clock
  readonly diagnostics: Diagnostics
}

/** A transport's flow that shows what goes over it to whoever watches the endpoint. */
export class WatchedFlow implements Flow {
  protected readonly flow: Flow
  readonly #watch: FlowWatch

  constructor(flow: Flow, watch: FlowWatch) {
    this.flow = flow
    this.#watch = watch
  }

  get transport(): Transport {
    return this.flow.transport
  }

  get local(): Address {
    return this.flow.local
  }

  get remote(): Address {
    return this.flow.remote
  }

  send(bytes: Uint8Array, failed: (error: TransportError) => void): void {
    this.watch('out', bytes)
    this.flow.send(bytes, failed)
  }

  close(reason?: TransportError): void {
    this.flow.close(reason)
  }

  /** Shows one message. */
  watch(direction: 'in' | 'out', bytes: Uint8Array): void {
    const { diagnostics, clock } = this.#watch
    diagnostics.publish('message', () => {
      const { transport, local, remote } = this.flow
      return [{ direction, protocol: transport.protocol, local, remote, bytes, at: clock.now() }]
    })
  }

  /** Transport and peer, for errors. */
  toString(): string {
    return `${this.transport.protocol} ${formatAddress(this.remote)}`
  }
}
