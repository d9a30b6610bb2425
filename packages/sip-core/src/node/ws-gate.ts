import {
  type Server as HttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  STATUS_CODES,
} from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { surface } from '../base/emitter.ts'
import type { Address } from '../transport/index.ts'
import { SIP_SUBPROTOCOL } from '../transport/web-socket-channel.ts'
import { offersSip, SOCKET_OPTIONS } from './ws-port.ts'

/** The HTTP request by which somebody asks for a WebSocket. */
export interface WebSocketHandshake {
  /** The page's origin, as a browser says it (RFC 6454); other clients may leave it away, or lie. */
  readonly origin: string | undefined
  /** Path and query. */
  readonly url: string
  /** Cookies, for example, of the login that the page has behind it (RFC 7118 §7). */
  readonly headers: IncomingHttpHeaders
  readonly remote: Address
}

/** Whom a server lets in. */
export interface WebSocketGateOptions {
  /** The path of the URL at which it answers, `'/sip'` for example; default: every path. */
  readonly path?: string
  /** Connections that peers may have open at the same time; default 10 000. Further ones are refused with 503. */
  readonly maxConnections?: number
  /**
   * Whether this handshake is welcome; if not it is refused with 403. Default: every one is. The place to look at
   * the origin, so that pages of others cannot make their visitors' browsers connect here (RFC 6455 §10.2).
   */
  readonly allow?: (handshake: WebSocketHandshake) => boolean | Promise<boolean>
}

/**
 * Answers the HTTP upgrades of a server: lets in who speaks SIP and is welcome, and refuses everybody else in HTTP,
 * before a WebSocket is there.
 */
export class WebSocketGate {
  readonly #server: HttpServer | HttpsServer
  readonly #options: WebSocketGateOptions
  readonly #limit: number
  readonly #entered: (socket: WebSocket, remote: Address) => void
  readonly #handshakes: WebSocketServer
  // Those who are in, and those of whom it is not decided yet.
  readonly #guests = new Set<Duplex>()
  readonly #waiting = new Set<Duplex>()

  constructor(
    server: HttpServer | HttpsServer,
    options: WebSocketGateOptions & { readonly maxConnections: number; readonly maxPayload: number },
    entered: (socket: WebSocket, remote: Address) => void,
  ) {
    this.#server = server
    this.#options = options
    this.#limit = options.maxConnections
    this.#entered = entered
    this.#handshakes = new WebSocketServer({
      ...SOCKET_OPTIONS,
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxPayload,
      handleProtocols: () => SIP_SUBPROTOCOL,
    })
    server.on('upgrade', this.#onUpgrade)
  }

  /** Lets nobody in any more. Who is in stays, who waits is sent away. */
  close(): void {
    this.#server.off('upgrade', this.#onUpgrade)
    for (const socket of this.#waiting) refuse(socket, 503)
    this.#handshakes.close()
  }

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Nobody else listens until the socket is handed on, and an error without a listener ends the process.
    socket.on('error', () => socket.destroy())
    const { path } = this.#options
    const [asked] = (request.url ?? '').split('?', 1)
    if (path !== undefined && asked !== path) {
      // Another listener of the same server may know the path.
      if (this.#server.listenerCount('upgrade') === 1) refuse(socket, 404)
      return
    }
    if (!offersSip(request.headers['sec-websocket-protocol']))
      return refuse(socket, 400, `the subprotocol '${SIP_SUBPROTOCOL}' is missing (RFC 7118)`)
    if (this.#guests.size >= this.#limit) return refuse(socket, 503)
    this.#guests.add(socket)
    socket.once('close', () => {
      this.#guests.delete(socket)
      this.#waiting.delete(socket)
    })
    this.#waiting.add(socket)
    this.#decide(request, (status) => {
      this.#waiting.delete(socket)
      // It may have left, or have been sent away, while it was thought about.
      if (!socket.writable) return
      if (status !== 101) refuse(socket, status)
      else this.#admit(request, socket, head)
    })
  }

  #decide(request: IncomingMessage, decided: (status: 101 | 403 | 500) => void): void {
    const { allow } = this.#options
    const failed = (error: unknown) => {
      decided(500)
      surface(() => {
        throw error
      })
    }
    try {
      const welcome = allow?.(handshakeOf(request)) ?? true
      if (typeof welcome === 'boolean') decided(welcome ? 101 : 403)
      else welcome.then((yes) => decided(yes ? 101 : 403), failed)
    } catch (error) {
      failed(error)
    }
  }

  #admit(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#handshakes.handleUpgrade(request, socket, head, (webSocket) =>
      this.#entered(webSocket, remoteOf(request)),
    )
  }
}

function handshakeOf(request: IncomingMessage): WebSocketHandshake {
  const { headers, url = '/' } = request
  return { origin: headers.origin, url, headers, remote: remoteOf(request) }
}

function remoteOf({ socket }: IncomingMessage): Address {
  return { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
}

function refuse(socket: Duplex, status: 400 | 403 | 404 | 500 | 503, why = ''): void {
  const body = why === '' ? (STATUS_CODES[status] as string) : why
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
