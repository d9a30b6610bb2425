import { TransportError } from '../base/errors.ts'
import {
  type Address,
  type Flow,
  formatAddress,
  type ReceivedRequest,
  type Resolver,
  type Target,
  type Transport,
  type TransportManager,
} from '../transport/index.ts'

/**
 * The flow on which a request is answered: the one that brought it, and when that fails, a new one to where the
 * request says that its sender is (RFC 3261 §18.2.2, RFC 3263 §5). Whoever answers hears of a failure only when
 * nothing is left.
 */
export class ResponseFlow implements Flow {
  readonly #received: ReceivedRequest
  readonly #resolver: Resolver
  readonly #transports: TransportManager
  #flow: Flow
  /** Where else to go; undefined until the first failure. */
  #left: readonly Target[] | undefined

  /** @param flow where the response goes first */
  constructor(received: ReceivedRequest, flow: Flow, resolver: Resolver, transports: TransportManager) {
    this.#received = received
    this.#flow = flow
    this.#resolver = resolver
    this.#transports = transports
  }

  get transport(): Transport {
    return this.#flow.transport
  }

  get local(): Address {
    return this.#flow.local
  }

  get remote(): Address {
    return this.#flow.remote
  }

  send(bytes: Uint8Array, failed: (error: TransportError) => void): void {
    const flow = this.#flow
    flow.send(bytes, (error) => {
      const targets = this.#left ?? this.#resolver.responseTargets(this.#received)
      const go = (left: readonly Target[]) => {
        // Another message may have found the way in the meantime.
        if (flow !== this.#flow || this.#moveOn(left)) this.send(bytes, failed)
        else failed(error)
      }
      if (targets instanceof Promise) targets.then(go)
      else go(targets)
    })
  }

  close(reason?: TransportError): void {
    this.#flow.close(reason)
  }

  /** Takes the first of these targets to which there is a way; false if there is none. */
  #moveOn([next, ...rest]: readonly Target[]): boolean {
    this.#left = rest
    if (next === undefined) return false
    const { transport, remote } = this.#flow
    const tried = !transport.reliable && formatAddress(remote) === formatAddress(next.address)
    if (tried) return this.#moveOn(rest)
    try {
      this.#flow = this.#transports.flow(next)
      return true
    } catch (error) {
      if (error instanceof TransportError) return this.#moveOn(rest)
      throw error
    }
  }
}
