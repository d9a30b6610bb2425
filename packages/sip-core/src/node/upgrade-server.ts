import { once } from 'node:events'
import { type Server as HttpServer, type RequestListener, type ServerOptions, STATUS_CODES } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import { isIPv6, type Socket } from 'node:net'
import type { Address } from '../transport/index.ts'

/** Makes a server, of HTTP or of HTTPS. */
export type Serve = (limits: ServerOptions, listener: RequestListener) => HttpServer | HttpsServer

/** Besides those that are let in, so many may be about to ask for it. */
const MAX_HANDSHAKES = 1000

/** An HTTP server for upgrades and nothing else. */
export class UpgradeServer {
  readonly http: HttpServer | HttpsServer
  // All of them, from the first packet on: those that say nothing as well.
  readonly #sockets = new Set<Socket>()

  private constructor(http: HttpServer | HttpsServer, maxConnections: number) {
    this.http = http
    http.maxConnections = maxConnections + MAX_HANDSHAKES
    http.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /**
   * Listens.
   *
   * @param patience milliseconds that a client has to ask for what it wants
   * @throws what the system says (rejects) when the address cannot be bound
   */
  static async listen(
    serve: Serve,
    { host, port }: Address,
    { patience, maxConnections }: { readonly patience: number; readonly maxConnections: number },
  ): Promise<UpgradeServer> {
    const limits = {
      headersTimeout: patience,
      requestTimeout: patience,
      connectionsCheckingInterval: patience,
    }
    const http = serve(limits, (_request, response) => {
      response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' }).end(STATUS_CODES[426])
    })
    const server = new UpgradeServer(http, maxConnections)
    // Each family has a transport of its own: '::' must leave the port of '0.0.0.0' alone.
    http.listen({ host, port, ipv6Only: isIPv6(host) })
    await once(http, 'listening')
    // What fails later concerns single connections.
    http.on('error', () => {})
    return server
  }

  /** Listens no more, waits for those that `leave`, and drops everybody else. */
  async close(leave: Promise<unknown>): Promise<void> {
    const closed = new Promise((resolve) => this.http.close(resolve))
    await leave
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
