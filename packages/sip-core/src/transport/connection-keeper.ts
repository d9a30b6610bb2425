import { TransportError } from '../base/errors.ts'
import { type ConnectionHost, ManagedConnection } from './managed-connection.ts'
import type { Flow, Transport } from './transport.ts'
import { WatchedFlow } from './watched-flow.ts'

/** What a keeper needs of the transport manager. */
export interface KeeperHost extends Omit<ConnectionHost, 'touched' | 'ended'> {
  /** Nothing more will come over this connection. */
  closed(connection: ManagedConnection, error: TransportError | undefined): void
}

/** The connections of one transport, one object for each, and no more of them than its policy allows. */
export class ConnectionKeeper {
  readonly #transport: Transport
  readonly #host: ConnectionHost
  readonly #closed: KeeperHost['closed']
  /** By the transport's own flow; least recently used first. */
  readonly #connections = new Map<Flow, ManagedConnection>()

  constructor(transport: Transport, host: KeeperHost) {
    this.#transport = transport
    this.#closed = host.closed
    const touched = (connection: ManagedConnection) => this.#touch(connection)
    const ended = (connection: ManagedConnection, reason: TransportError | undefined) =>
      this.closed(connection.key, reason)
    this.#host = { ...host, touched, ended }
  }

  /** How many connections there are. */
  get size(): number {
    return this.#connections.size
  }

  /** The connection that the transport has to where it is asked for, or opens. */
  connect(...to: Parameters<Transport['connect']>): Flow {
    const flow = this.#transport.connect(...to)
    return this.#connections.get(flow) ?? this.#admit(flow, true) ?? new WatchedFlow(flow, this.#host)
  }

  /** The transport tells of an open connection: one of ours, or a peer's. */
  opened(flow: Flow): void {
    this.#connection(flow)?.opened()
  }

  /** The transport tells of bytes. */
  received(flow: Flow, bytes: Uint8Array): void {
    this.#connection(flow)?.received(bytes)
  }

  /** The transport tells of a connection that is gone. */
  closed(flow: Flow, error: TransportError | undefined): void {
    const connection = this.#connections.get(flow)
    if (connection === undefined) return
    this.#connections.delete(flow)
    connection.ended()
    this.#closed(connection, error)
  }

  #connection(flow: Flow): ManagedConnection | undefined {
    return this.#connections.get(flow) ?? this.#admit(flow, false)
  }

  #admit(flow: Flow, dialled: boolean): ManagedConnection | undefined {
    const { maxConnections = Number.POSITIVE_INFINITY } = this.#transport.policy ?? {}
    if (this.size >= maxConnections && !this.#makeRoom()) {
      const { protocol } = this.#transport
      flow.close(new TransportError(`${protocol}: all of ${maxConnections} connections are in use`))
      return undefined
    }
    const connection = new ManagedConnection(flow, this.#host, dialled)
    this.#connections.set(flow, connection)
    return connection
  }

  #makeRoom(): boolean {
    for (const connection of this.#connections.values()) {
      if (this.#host.inUse(connection)) continue
      connection.close()
      return true
    }
    return false
  }

  #touch(connection: ManagedConnection): void {
    if (this.#connections.delete(connection.key)) this.#connections.set(connection.key, connection)
  }
}
