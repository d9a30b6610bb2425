import type { Clock, Timer } from '../base/clock.ts'
import { Emitter } from '../base/emitter.ts'
import { TransportError } from '../base/errors.ts'
import { type Random, randomBetween } from '../base/random.ts'
import {
  type Address,
  type ConnectionPolicy,
  type Dns,
  formatAddress,
  type Transport,
  type TransportProtocol,
} from '../transport/index.ts'
import { LoopTcp, type LoopTransport, LoopUdp, type LoopWire } from './loop-transport.ts'

/** One message on its way through the loop network. */
export interface Packet {
  /** Counts every packet that was handed in, from 1. */
  readonly index: number
  readonly protocol: TransportProtocol
  readonly from: Address
  readonly to: Address
  readonly bytes: Uint8Array
  /** When it was handed in, in milliseconds on the network's clock. */
  readonly at: number
}

/** What the network does to packets of unreliable transports. All of it is drawn from the network's `Random`. */
export interface Faults {
  /** The share of packets that are lost, 0 to 1; default 0. */
  readonly loss: number
  /** The share of packets that arrive twice; default 0. */
  readonly duplication: number
  /** The share of packets that are held back for `reorderDelay`, so that later ones overtake them; default 0. */
  readonly reordering: number
  /** Milliseconds for which a reordered packet is held back; default 50. */
  readonly reorderDelay: number
}

/** What becomes of one packet. */
export type Fate =
  | { readonly type: 'deliver' }
  | { readonly type: 'drop' }
  | { readonly type: 'duplicate' }
  | { readonly type: 'delay'; readonly by: number }

/** How a loop network behaves. */
export interface LoopNetworkOptions {
  readonly clock: Clock
  readonly random: Random
  /** Milliseconds from sending to arrival, or the range they are drawn from; default 1. */
  readonly delay?: number | readonly [min: number, max: number]
  readonly faults?: Partial<Faults>
  /** Decides over single packets; `undefined` leaves it to `faults`. Reliable transports are not asked. */
  readonly decide?: (packet: Packet) => Fate | undefined
  /** Host names and their addresses. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>
}

/** What a loop network lets see. */
export interface LoopNetworkEvents {
  /** A packet was handed in; `fate` is what will become of it. */
  packet: [packet: Packet, fate: Fate]
}

const NO_FAULTS: Faults = { loss: 0, duplication: 0, reordering: 0, reorderDelay: 50 }

/**
 * A network in memory: endpoints on it talk as over sockets, in the time of the clock that it is given, and it
 * loses, doubles, delays and reorders as told. The same seed gives the same run.
 *
 * ```ts
 * const clock = new VirtualClock()
 * const network = new LoopNetwork({ clock, random: new SeededRandom(1), faults: { loss: 0.1 } })
 * const alice = await Endpoint.start(network.platform(), [network.udp('192.0.2.1')])
 * ```
 *
 * @see pjsip_loop_start
 */
export class LoopNetwork extends Emitter<LoopNetworkEvents> implements LoopWire {
  readonly clock: Clock
  readonly random: Random
  /** May be changed while the network runs. */
  decide: ((packet: Packet) => Fate | undefined) | undefined
  readonly #delay: readonly [number, number]
  readonly #faults: Faults
  readonly #hosts: Readonly<Record<string, readonly string[]>>
  readonly #listeners = new Map<string, LoopTransport>()
  #packets = 0

  constructor(options: LoopNetworkOptions) {
    super()
    this.clock = options.clock
    this.random = options.random
    this.decide = options.decide
    const { delay = 1 } = options
    this.#delay = typeof delay === 'number' ? [delay, delay] : delay
    this.#faults = { ...NO_FAULTS, ...options.faults }
    this.#hosts = options.hosts ?? {}
  }

  /** The clock, the randomness and the names of this network, to start an endpoint with. */
  platform(): { clock: Clock; random: Random; dns: Dns } {
    const lookup = async (host: string) => {
      const addresses = Object.hasOwn(this.#hosts, host) ? this.#hosts[host] : undefined
      if (addresses === undefined) throw new TransportError(`${host} is not in this network's hosts`)
      return { records: addresses }
    }
    const none = async () => ({ records: [] })
    return { clock: this.clock, random: this.random, dns: { lookup, srv: none, naptr: none } }
  }

  /** An unreliable transport at this address. */
  udp(host: string, port = 5060): Transport {
    return new LoopUdp(this, { host, port })
  }

  /**
   * A reliable one: nothing is lost, nothing overtaken, and sending to nobody fails.
   *
   * @param policy how its connections are kept; default: until somebody closes them
   */
  tcp(host: string, port = 5060, policy?: ConnectionPolicy): Transport {
    return new LoopTcp(this, { host, port }, policy)
  }

  get transit(): number {
    return this.#delay[0]
  }

  setTimer(delay: number, task: () => void): Timer {
    return this.clock.setTimer(delay, task)
  }

  attach(transport: LoopTransport): void {
    const key = place(transport.protocol, transport.local)
    if (this.#listeners.has(key)) throw new TransportError(`${key} is taken`)
    this.#listeners.set(key, transport)
  }

  detach(transport: LoopTransport): void {
    this.#listeners.delete(place(transport.protocol, transport.local))
  }

  listener({ protocol }: LoopTransport, address: Address): LoopTransport | undefined {
    return this.#listeners.get(place(protocol, address))
  }

  carry(transport: LoopTransport, to: Address, bytes: Uint8Array, arrive: (bytes: Uint8Array) => void): void {
    const { protocol, local: from, reliable } = transport
    const packet: Packet = {
      index: ++this.#packets,
      protocol,
      from,
      to,
      bytes: bytes.slice(),
      at: this.clock.now(),
    }
    const fate = reliable ? DELIVER : (this.decide?.(packet) ?? this.#draw())
    this.emit('packet', packet, fate)
    if (fate.type === 'drop') return
    // One constant delay on reliable transports, so that nothing is overtaken.
    const drawn = reliable ? this.transit : randomBetween(this.random, ...this.#delay)
    const transit = drawn + (fate.type === 'delay' ? fate.by : 0)
    this.clock.setTimer(transit, () => arrive(packet.bytes))
    if (fate.type === 'duplicate') this.clock.setTimer(transit, () => arrive(packet.bytes))
  }

  #draw(): Fate {
    const { loss, duplication, reordering, reorderDelay } = this.#faults
    const drawn = (share: number) => share > 0 && randomBetween(this.random, 0, 1) < share
    if (drawn(loss)) return { type: 'drop' }
    if (drawn(duplication)) return { type: 'duplicate' }
    if (drawn(reordering)) return { type: 'delay', by: reorderDelay }
    return DELIVER
  }
}

const DELIVER: Fate = { type: 'deliver' }

function place(protocol: TransportProtocol, address: Address): string {
  return `${protocol} ${formatAddress(address)}`
}
