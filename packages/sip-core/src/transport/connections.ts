import { type Channel, ConnectionFlow } from './connection-flow.ts'
import { type Address, formatAddress, type Transport, type TransportReceiver } from './transport.ts'

/** How the connections of a transport behave. */
export interface ConnectionsOptions {
  /** Bytes that may wait to be sent on one connection; default 1 MiB. A single message may be larger. */
  readonly maxBuffered?: number | undefined
}

/** Whether a peer may be taken for `domain`, lower-cased; the transport's own knowledge of certificates. */
export type Vouches = (domain: string) => boolean

const MAX_BUFFERED = 1024 * 1024

/**
 * The connections of one transport: finds the one that leads to an address already, and makes new ones.
 *
 * @see pjsip_tpmgr_acquire_transport
 */
export class Connections {
  readonly #transport: Transport
  readonly #receiver: TransportReceiver
  readonly #options: ConnectionsOptions
  readonly #all = new Set<ConnectionFlow>()
  /** By the addresses to which each leads, the oldest first. */
  readonly #leading = new Map<string, readonly Lead[]>()

  constructor(transport: Transport, receiver: TransportReceiver, options: ConnectionsOptions = {}) {
    this.#transport = transport
    this.#receiver = receiver
    this.#options = options
  }

  /** How many are opening or open. */
  get size(): number {
    return this.#all.size
  }

  /** The connection that leads to `remote`, where the peer may be taken for `domain` (by default: the address). */
  find(remote: Address, domain: string = remote.host): ConnectionFlow | undefined {
    const wanted = domain.toLowerCase()
    return this.#leading.get(formatAddress(remote))?.find(({ vouches }) => vouches(wanted))?.flow
  }

  /**
   * A connection to `remote`, opened by `dial`, which is called before this returns, or one that a peer has opened.
   *
   * @param dial makes the channel; what it throws is told as any failure to connect
   * @param vouches whom the peer may be taken for; default: for everybody, as on a transport without certificates
   * @param aliasVouches whom it may be taken for at another port of its host that it announces (`Flow.alias`); default:
   *   for nobody
   */
  add(
    remote: Address,
    dial: (flow: ConnectionFlow) => Channel,
    vouches: Vouches = () => true,
    aliasVouches?: Vouches,
  ): ConnectionFlow {
    const address = formatAddress(remote)
    let aliased: string | undefined
    const flow: ConnectionFlow = new ConnectionFlow({
      transport: this.#transport,
      remote,
      maxBuffered: this.#options.maxBuffered ?? MAX_BUFFERED,
      tell: (event) => {
        if (event.type === 'closed') {
          this.#all.delete(flow)
          this.#forget(address, flow)
          if (aliased !== undefined) this.#forget(aliased, flow)
        }
        this.#receiver.onTransport(event)
      },
      alias: (port) => {
        const other = formatAddress({ host: remote.host, port })
        if (aliasVouches === undefined || other === address || other === aliased) return
        // One other port is all that a peer can have in its Via.
        if (aliased !== undefined) this.#forget(aliased, flow)
        aliased = other
        this.#lead(other, { flow, vouches: aliasVouches })
      },
    })
    this.#all.add(flow)
    this.#lead(address, { flow, vouches })
    try {
      flow.begin(dial(flow))
    } catch (cause) {
      // Nobody knows of the flow yet: what went wrong is told when somebody does.
      queueMicrotask(() => flow.ended(cause as Error))
    }
    return flow
  }

  /** Closes them all. */
  close(): void {
    for (const flow of [...this.#all]) flow.close()
  }

  #lead(address: string, lead: Lead): void {
    this.#leading.set(address, [...(this.#leading.get(address) ?? []), lead])
  }

  #forget(address: string, flow: ConnectionFlow): void {
    const others = this.#leading.get(address)?.filter((lead) => lead.flow !== flow) ?? []
    if (others.length === 0) this.#leading.delete(address)
    else this.#leading.set(address, others)
  }
}

/** A connection, and whom its peer may be taken for. */
interface Lead {
  readonly flow: ConnectionFlow
  readonly vouches: Vouches
}
