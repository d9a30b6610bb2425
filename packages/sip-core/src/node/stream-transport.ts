import { type EventEmitter, once } from 'node:events'
import { type AddressInfo, isIPv6, type Server, type Socket } from 'node:net'
import { StateError, TransportError } from '../base/errors.ts'
import { closedFlow } from '../transport/closed-flow.ts'
import {
  type Address,
  type Channel,
  type ConnectionFlow,
  type ConnectionPolicy,
  Connections,
  type ConnectOptions,
  type Flow,
  formatAddress,
  type Transport,
  type TransportReceiver,
  type Vouches,
} from '../transport/index.ts'
import { advertised } from './advertised.ts'
import { socketChannel } from './socket-channel.ts'

/** Where a TCP or TLS transport listens, and how its connections are bounded. Times are in milliseconds. */
export interface StreamOptions {
  /** The local address to bind, a literal; default `0.0.0.0`, every IPv4 interface. */
  readonly host?: string
  /** Default 5060, with TLS 5061; 0 takes a free one. */
  readonly port?: number
  /**
   * What peers are told in Via and Contact, for hosts behind a NAT with a known mapping. Default: the bound
   * address, or this machine's first outward one when every interface is bound.
   */
  readonly publicAddress?: Partial<Address>
  /** Until a connection that does not open is given up; default 10 000. */
  readonly connectTimeout?: number
  /** From the first byte of a message to its last; a peer that is slower is cut off. Default 30 000. */
  readonly messageTimeout?: number
  /**
   * Without a byte either way, after which a connection is closed that no transaction uses; default 300 000. A peer
   * that cannot be connected to must keep its connection alive to be reached (RFC 5626).
   */
  readonly idleTimeout?: number
  /**
   * Between two pings (CRLF CRLF, RFC 5626 §4.4.1) on connections that this end has opened, drawn from 80 % to
   * 100 % of it each time; 120 000 is what the RFC has. A peer that does not answer within 10 seconds is given up.
   * Default 0, none: only a peer that has agreed to answer may be judged by it, and `TransportManager.keepAlive` is
   * for single connections.
   */
  readonly keepAlive?: number
  /**
   * Connections at once; default 10 000. For one more, the one is closed that no transaction uses and over which
   * nothing went for longest; where all are in use, the new one.
   */
  readonly maxConnections?: number
  /** Bytes that may wait to be sent on a connection; default 1 MiB. A peer that lets more pile up is cut off. */
  readonly maxBuffered?: number
  /** Bytes of a message up to the empty line; past it the peer gets a 513 and is cut off. Default 65 535. */
  readonly maxHead?: number
  /** Bytes of a message's body; default 65 535. */
  readonly maxBody?: number
}

/** What sets TCP and TLS apart. */
export interface StreamKind {
  readonly protocol: 'TCP' | 'TLS'
  readonly port: number
  /** A server that hands on the connections that are ready. */
  serve(accept: (socket: Socket) => void): Server
  /** Drops the connections that are not ready yet. */
  abandon(): void
  /** A socket on its way to `remote`, which must be able to prove that it is `domain`. */
  dial(remote: Address, domain: string, localAddress: string | undefined): Socket
  /** The event at which a dialled socket can be used. */
  readonly ready: 'connect' | 'secureConnect'
  /** Whom a peer that we have reached as `domain` may be taken for. */
  reached(domain: string): Vouches
  /** Whom a peer that has connected may be taken for: at the address that it came from, and at one it names. */
  accepted(socket: Socket, remote: Address): { readonly own: Vouches; readonly alias: Vouches | undefined }
}

/** For `tcp` and `tls`. */
export class StreamTransport implements Transport {
  readonly protocol: 'TCP' | 'TLS'
  readonly reliable = true
  readonly secure: boolean
  readonly framing = 'stream'
  readonly policy: ConnectionPolicy
  readonly #kind: StreamKind
  readonly #options: StreamOptions
  #stage: Stage = { name: 'closed' }

  constructor(kind: StreamKind, options: StreamOptions) {
    this.protocol = kind.protocol
    this.secure = kind.protocol === 'TLS'
    this.policy = policyOf(options)
    this.#kind = kind
    this.#options = options
  }

  get local(): Address {
    if (this.#stage.name === 'open') return this.#stage.local
    throw new StateError(`the ${this.protocol} transport is not listening`)
  }

  async listen(receiver: TransportReceiver): Promise<void> {
    if (this.#stage.name !== 'closed')
      throw new StateError(`the ${this.protocol} transport is listening already`)
    this.#stage = { name: 'opening' }
    const { host = '0.0.0.0', port = this.#kind.port, publicAddress, maxBuffered } = this.#options
    const server = this.#kind.serve((socket) => this.#accept(socket))
    try {
      // Each family has a transport of its own: '::' must leave the port of '0.0.0.0' alone.
      server.listen({ host, port, ipv6Only: isIPv6(host) })
      await once(server, 'listening')
    } catch (cause) {
      this.#stage = { name: 'closed' }
      const where = `${this.protocol} ${formatAddress({ host, port })}`
      throw new TransportError(`${where} cannot be bound: ${(cause as Error).message}`, { cause })
    }
    // What fails later concerns single connections.
    server.on('error', () => {})
    const local = advertised(server.address() as AddressInfo, publicAddress)
    const connections = new Connections(this, receiver, { maxBuffered })
    this.#stage = { name: 'open', server, local, connections, sockets: new Set() }
  }

  connect(remote: Address, { domain = remote.host }: ConnectOptions = {}): Flow {
    const open = this.#stage
    if (open.name !== 'open') return closedFlow(this, remote)
    return open.connections.find(remote, domain) ?? this.#dial(open, remote, domain)
  }

  async close(): Promise<void> {
    const open = this.#stage
    if (open.name !== 'open') return
    open.connections.close()
    this.#stage = { name: 'closed' }
    const all: readonly EventEmitter[] = [open.server, ...open.sockets]
    const closed = all.map((each) => new Promise((resolve) => each.once('close', resolve)))
    this.#kind.abandon()
    open.server.close()
    await Promise.all(closed)
  }

  #accept(socket: Socket): void {
    const { remoteAddress: host, remotePort: port } = socket
    // It may be gone already.
    if (this.#stage.name !== 'open' || host === undefined || port === undefined) {
      socket.destroy()
      return
    }
    const { connections, sockets } = this.#stage
    const remote = { host, port }
    const { own, alias } = this.#kind.accepted(socket, remote)
    const dial = (flow: ConnectionFlow) => channelOf(sockets, socket, flow)
    connections.add(remote, dial, own, alias).opened()
  }

  #dial({ connections, sockets }: Open, remote: Address, domain: string): Flow {
    const { host } = this.#options
    const localAddress = host === undefined || host === '0.0.0.0' || host === '::' ? undefined : host
    const dial = (flow: ConnectionFlow) =>
      channelOf(sockets, this.#kind.dial(remote, domain, localAddress), flow, this.#kind.ready)
    return connections.add(remote, dial, this.#kind.reached(domain))
  }
}

type Stage = { readonly name: 'closed' } | { readonly name: 'opening' } | Open

interface Open {
  readonly name: 'open'
  readonly server: Server
  readonly local: Address
  readonly connections: Connections
  /** Those below the connections; a closed connection's may take a little longer. */
  readonly sockets: Set<Socket>
}

function channelOf(
  sockets: Set<Socket>,
  socket: Socket,
  flow: ConnectionFlow,
  ready?: 'connect' | 'secureConnect',
): Channel {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  return socketChannel(socket, flow, ready)
}

function policyOf(options: StreamOptions): ConnectionPolicy {
  const { maxHead = 65_535, maxBody = 65_535 } = options
  return {
    connectTimeout: options.connectTimeout ?? 10_000,
    messageTimeout: options.messageTimeout ?? 30_000,
    idleTimeout: options.idleTimeout ?? 300_000,
    keepAlive: options.keepAlive ?? 0,
    maxConnections: options.maxConnections ?? 10_000,
    limits: { maxHead, maxBody },
  }
}
