import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import { ArgumentError, StateError, TransportError } from '../base/errors.ts'
import { randomToken } from '../base/random.ts'
import { closedFlow } from '../transport/closed-flow.ts'
import type { ConnectionFlow } from '../transport/connection-flow.ts'
import { Connections } from '../transport/connections.ts'
import {
  type Address,
  type ConnectOptions,
  type Flow,
  formatAddress,
  type Transport,
  type TransportReceiver,
} from '../transport/index.ts'
import {
  SIP_SUBPROTOCOL,
  WebSocketChannel,
  type WebSocketLimits,
  webSocketPolicy,
} from '../transport/web-socket-channel.ts'
import { advertised } from './advertised.ts'
import { systemClock } from './system-clock.ts'
import { systemRandom } from './system-random.ts'
import { type Serve, UpgradeServer } from './upgrade-server.ts'
import { WebSocketGate, type WebSocketGateOptions } from './ws-gate.ts'
import { type HeartbeatOptions, watchHeartbeat } from './ws-heartbeat.ts'
import { portOf, SOCKET_OPTIONS } from './ws-port.ts'

/** Where and how a WebSocket transport listens and connects. */
export interface WsOptions extends WebSocketLimits, WebSocketGateOptions, HeartbeatOptions {
  /** The local address to bind, a literal; default `0.0.0.0`, every IPv4 interface. */
  readonly host?: string
  /** Default 80, with TLS 443; 0 takes a free one. */
  readonly port?: number
  /**
   * What peers are told in Via and Contact. Default: the bound address, or this machine's first outward one when
   * every interface is bound.
   */
  readonly publicAddress?: Partial<Address>
  /**
   * Takes the upgrades of this HTTP server, which stays its owner's to open and to close; `host` and `port` are
   * without meaning then.
   */
  readonly server?: HttpServer | HttpsServer
  /**
   * False: connects, and cannot be connected to, as a page cannot. A name made up stands in Via and Contact then
   * (RFC 7118 Appendix B.1). Default true.
   */
  readonly listen?: boolean
  /** Sent in the handshakes of own connections: Origin, Cookie, Authorization. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * SIP over WebSocket (RFC 7118): takes the connections of browsers and others, and connects to servers.
 *
 * ```ts
 * await using endpoint = await Endpoint.start(nodePlatform(), [udp(), ws({ port: 8080, path: '/sip' })])
 * ```
 *
 * @throws ArgumentError when the path does not begin with a slash
 */
export function ws(options: WsOptions = {}): Transport {
  return new WebSocketTransport(PLAIN, options)
}

const MAX_CONNECTIONS = 10_000

/** What sets WS and WSS apart. */
export interface WebSocketKind {
  readonly protocol: 'WS' | 'WSS'
  /** Of the URL, for whoever has no port. */
  readonly port: number
  readonly serve: Serve
  /** A socket on its way to `remote`, which must be able to prove that it is `domain`. */
  dial(remote: Address, domain: string): Socket
}

/** For `ws` and `wss`. */
export class WebSocketTransport implements Transport {
  readonly protocol: 'WS' | 'WSS'
  readonly reliable = true
  readonly secure: boolean
  readonly framing = 'message'
  readonly policy: ReturnType<typeof webSocketPolicy>
  readonly #kind: WebSocketKind
  readonly #options: WsOptions
  readonly #maxPayload: number
  readonly #path: string
  #stage: Stage = { name: 'closed' }

  constructor(kind: WebSocketKind, options: WsOptions) {
    const { path } = options
    if (path !== undefined && !path.startsWith('/'))
      throw new ArgumentError(`the path '${path}' must begin with '/'`)
    this.protocol = kind.protocol
    this.secure = kind.protocol === 'WSS'
    this.#kind = kind
    this.#options = options
    this.policy = webSocketPolicy(options)
    const { maxHead, maxBody } = this.policy.limits
    this.#maxPayload = maxHead + maxBody
    this.#path = path ?? '/'
  }

  get local(): Address {
    if (this.#stage.name === 'open') return this.#stage.local
    throw new StateError(`the ${this.protocol} transport is not listening`)
  }

  async listen(receiver: TransportReceiver): Promise<void> {
    if (this.#stage.name !== 'closed')
      throw new StateError(`the ${this.protocol} transport is listening already`)
    this.#stage = { name: 'opening' }
    const { listen = true, maxBuffered } = this.#options
    try {
      const entrance = listen ? await this.#bind() : undefined
      const gate = entrance && this.#gate(entrance.http)
      const local = entrance?.local ?? { host: `${randomToken(systemRandom, 12)}.invalid`, port: 0 }
      const connections = new Connections(this, receiver, { maxBuffered })
      const own = entrance?.own
      this.#stage = { name: 'open', local, connections, gate, own, sockets: new Set(), closeCode: 1000 }
    } catch (error) {
      this.#stage = { name: 'closed' }
      throw error
    }
  }

  connect(remote: Address, { domain = remote.host }: ConnectOptions = {}): Flow {
    const open = this.#stage
    if (open.name !== 'open') return closedFlow(this, remote)
    return open.connections.find(remote, domain) ?? this.#dial(open, remote, domain)
  }

  async close(): Promise<void> {
    const open = this.#stage
    if (open.name !== 'open') return
    const { gate, own, connections, sockets } = open
    open.closeCode = 1001
    gate?.close()
    connections.close()
    this.#stage = { name: 'closed' }
    const left = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    await own?.close(Promise.all(left))
    await Promise.all(left)
  }

  async #bind(): Promise<{ http: HttpServer | HttpsServer; own?: UpgradeServer; local: Address }> {
    const { server, publicAddress, maxConnections = MAX_CONNECTIONS } = this.#options
    if (server !== undefined) {
      if (!server.listening) await once(server, 'listening')
      return { http: server, local: advertised(addressOf(server), publicAddress) }
    }
    const { host = '0.0.0.0', port = this.#kind.port } = this.#options
    const limits = { patience: this.policy.connectTimeout, maxConnections }
    try {
      const own = await UpgradeServer.listen(this.#kind.serve, { host, port }, limits)
      return { http: own.http, own, local: advertised(addressOf(own.http), publicAddress) }
    } catch (cause) {
      const where = `${this.protocol} ${formatAddress({ host, port })}`
      throw new TransportError(`${where} cannot be bound: ${(cause as Error).message}`, { cause })
    }
  }

  #gate(http: HttpServer | HttpsServer): WebSocketGate {
    const { maxConnections = MAX_CONNECTIONS } = this.#options
    const options = { ...this.#options, maxConnections, maxPayload: this.#maxPayload }
    return new WebSocketGate(http, options, (socket, remote) => this.#enter(socket, remote))
  }

  #enter(socket: WebSocket, remote: Address): void {
    const open = this.#stage
    if (open.name !== 'open') return socket.terminate()
    let begin = () => {}
    open.connections.add(
      remote,
      (flow) => {
        const channel = this.#channel(open, flow, socket)
        begin = () => channel.opened(socket.protocol)
        return channel
      },
      // Nobody knows who it is: it can be sent to at its own address, by no other name.
      only(remote.host),
    )
    begin()
  }

  #dial(open: Open, remote: Address, domain: string): Flow {
    const url = `${this.protocol.toLowerCase()}://${formatAddress({ ...remote, host: domain })}${this.#path}`
    const dial = (flow: ConnectionFlow) => {
      const socket = new WebSocket(url, SIP_SUBPROTOCOL, {
        ...SOCKET_OPTIONS,
        maxPayload: this.#maxPayload,
        headers: this.#options.headers ?? {},
        createConnection: () => this.#kind.dial(remote, domain),
      })
      return this.#channel(open, flow, socket)
    }
    // The server behind an address may be another one for another name.
    return open.connections.add(remote, dial, only(domain))
  }

  #channel(open: Open, flow: ConnectionFlow, socket: WebSocket): WebSocketChannel {
    open.sockets.add(socket)
    socket.once('close', () => open.sockets.delete(socket))
    const { clock = systemClock } = this.#options
    return new WebSocketChannel(flow, (channel) => {
      watchHeartbeat(socket, { ...this.#options, clock }, (error) => {
        socket.terminate()
        channel.ended(error)
      })
      return portOf(socket, channel, () => open.closeCode)
    })
  }
}

type Stage = { readonly name: 'closed' } | { readonly name: 'opening' } | Open

interface Open {
  readonly name: 'open'
  readonly local: Address
  readonly connections: Connections
  readonly gate: WebSocketGate | undefined
  /** The server that this transport has opened, and closes. */
  readonly own: UpgradeServer | undefined
  /** Those below the connections; a closed connection's may take a little longer. */
  readonly sockets: Set<WebSocket>
  closeCode: 1000 | 1001
}

const PLAIN: WebSocketKind = {
  protocol: 'WS',
  port: 80,
  serve: createServer,
  dial: ({ host, port }) => connect({ host, port, noDelay: true }),
}

function only(domain: string): (wanted: string) => boolean {
  const name = domain.toLowerCase()
  return (wanted) => wanted === name
}

function addressOf(server: HttpServer | HttpsServer): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new ArgumentError('the HTTP server does not listen on an IP address')
  return address
}
