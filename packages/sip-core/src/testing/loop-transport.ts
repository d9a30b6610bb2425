import type { Timer } from '../base/clock.ts'
import { StateError } from '../base/errors.ts'
import { closedFlow } from '../transport/closed-flow.ts'
import {
  type Address,
  type Channel,
  type ConnectionFlow,
  type ConnectionPolicy,
  Connections,
  type Flow,
  type Transport,
  type TransportReceiver,
} from '../transport/index.ts'

/** What the transports of a loop network need of it. */
export interface LoopWire {
  /** Milliseconds that everything on a reliable transport takes. */
  readonly transit: number
  /** Somebody listens here now. @throws TransportError when somebody does already */
  attach(transport: LoopTransport): void
  /** Nobody listens here any more. */
  detach(transport: LoopTransport): void
  /** Whoever listens at `address` now, over the protocol of `transport`. */
  listener(transport: LoopTransport, address: Address): LoopTransport | undefined
  /** Has `arrive` called when these bytes do, which may be never, and twice. */
  carry(transport: LoopTransport, to: Address, bytes: Uint8Array, arrive: (bytes: Uint8Array) => void): void
  /** Runs `task` in so many milliseconds. */
  setTimer(delay: number, task: () => void): Timer
}

/** A transport of a loop network. */
export type LoopTransport = LoopUdp | LoopTcp

/** Datagrams: what arrives where nobody listens is lost. */
export class LoopUdp implements Transport {
  readonly protocol = 'UDP'
  readonly reliable = false
  readonly secure = false
  readonly framing = 'message'
  readonly local: Address
  readonly #wire: LoopWire
  #receiver: TransportReceiver | undefined

  constructor(wire: LoopWire, local: Address) {
    this.#wire = wire
    this.local = local
  }

  async listen(receiver: TransportReceiver): Promise<void> {
    if (this.#receiver !== undefined) throw new StateError('the transport is listening already')
    this.#wire.attach(this)
    this.#receiver = receiver
  }

  connect(remote: Address): Flow {
    const wire = this.#wire
    return {
      transport: this,
      local: this.local,
      remote,
      send: (bytes, failed) => {
        if (this.#receiver === undefined) return closedFlow(this, remote).send(bytes, failed)
        wire.carry(this, remote, bytes, (arrived) => {
          const listener = wire.listener(this, remote)
          if (listener instanceof LoopUdp) listener.#arrive(this.local, arrived)
        })
      },
      close: () => {},
    }
  }

  async close(): Promise<void> {
    if (this.#receiver === undefined) return
    this.#receiver = undefined
    this.#wire.detach(this)
  }

  #arrive(from: Address, bytes: Uint8Array): void {
    this.#receiver?.onTransport({ type: 'data', flow: this.connect(from), bytes })
  }
}

/**
 * Connections, which keep messages apart. They are open as soon as the present step is over; if nobody listens where
 * they lead, that shows when what was sent would arrive. The other end sees them come from the address at which this
 * one listens.
 */
export class LoopTcp implements Transport {
  readonly protocol = 'TCP'
  readonly reliable = true
  readonly secure = false
  readonly framing = 'message'
  readonly local: Address
  readonly policy: ConnectionPolicy
  readonly #wire: LoopWire
  #connections: Connections | undefined

  constructor(wire: LoopWire, local: Address, policy: ConnectionPolicy = {}) {
    this.#wire = wire
    this.local = local
    this.policy = policy
  }

  async listen(receiver: TransportReceiver): Promise<void> {
    if (this.#connections !== undefined) throw new StateError('the transport is listening already')
    this.#wire.attach(this)
    this.#connections = new Connections(this, receiver)
  }

  connect(remote: Address): Flow {
    const connections = this.#connections
    if (connections === undefined) return closedFlow(this, remote)
    return connections.find(remote) ?? connections.add(remote, (flow) => this.#dial(flow))
  }

  async close(): Promise<void> {
    if (this.#connections === undefined) return
    this.#connections.close()
    this.#connections = undefined
    this.#wire.detach(this)
  }

  #dial(near: ConnectionFlow): Channel {
    const wire = this.#wire
    const channel = new LoopChannel(wire, this, near)
    wire.setTimer(0, () => {
      wire.setTimer(wire.transit, () => {
        const listener = wire.listener(this, near.remote)
        if (listener instanceof LoopTcp) listener.#accept(channel)
        else near.ended(nobody())
      })
      near.opened()
    })
    return channel
  }

  #accept(near: LoopChannel): void {
    const dial = (flow: ConnectionFlow) => {
      const far = new LoopChannel(this.#wire, this, flow)
      far.meet(near)
      near.meet(far)
      return far
    }
    this.#connections?.add(near.transport.local, dial).opened()
  }
}

/** One end of a connection. */
class LoopChannel implements Channel {
  readonly buffered = 0
  readonly transport: LoopTcp
  readonly #wire: LoopWire
  readonly #flow: ConnectionFlow
  #far: LoopChannel | undefined

  constructor(wire: LoopWire, transport: LoopTcp, flow: ConnectionFlow) {
    this.#wire = wire
    this.transport = transport
    this.#flow = flow
  }

  /** The other end is there. */
  meet(far: LoopChannel): void {
    this.#far = far
  }

  /** The other end has sent this. */
  arrived(bytes: Uint8Array): void {
    this.#flow.received(bytes)
  }

  /** The other end has closed. */
  left(): void {
    this.#flow.ended()
  }

  write(bytes: Uint8Array, done: (error?: Error) => void): void {
    this.#wire.carry(this.transport, this.#flow.remote, bytes, (arrived) => {
      if (this.#far === undefined) done(nobody())
      else this.#far.arrived(arrived)
    })
  }

  end(): void {
    this.#wire.setTimer(this.#wire.transit, () => this.#far?.left())
  }

  destroy(): void {
    this.end()
  }
}

function nobody(): Error {
  return new Error('nobody listens there')
}
