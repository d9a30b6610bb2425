import { createServer } from 'node:https'
import type { TlsTransport } from './tls.ts'
import { type TlsCredentialOptions, TlsCredentials, type TlsIdentity } from './tls-credentials.ts'
import { type WebSocketKind, WebSocketTransport, type WsOptions } from './ws.ts'

/**
 * Where and how a secure WebSocket transport listens and connects. Without a certificate of its own it can only
 * connect. With a `server` it is that one which ends TLS, or something before it; the certificate is for own
 * connections then.
 */
export interface WssOptions extends WsOptions, TlsCredentialOptions {}

/**
 * SIP over secure WebSocket (RFC 7118). A server that is connected to must prove that it is the domain of the URI
 * that was asked for (RFC 5922), as over TLS.
 *
 * ```ts
 * const secure = wss({ cert: readFileSync('cert.pem'), key: readFileSync('key.pem'), path: '/sip' })
 * await using endpoint = await Endpoint.start(nodePlatform(), [udp(), secure])
 * ```
 *
 * @throws ArgumentError when certificate, key or authorities cannot be read or do not belong together, or the path
 *   does not begin with a slash
 */
export function wss(options: WssOptions = {}): TlsTransport {
  return new SecureWebSocketTransport(options, new TlsCredentials(options))
}

class SecureWebSocketTransport extends WebSocketTransport implements TlsTransport {
  readonly #credentials: TlsCredentials

  constructor(options: WssOptions, credentials: TlsCredentials) {
    const { connectTimeout: handshakeTimeout = 10_000 } = options
    const kind: WebSocketKind = {
      protocol: 'WSS',
      port: 443,
      serve: (limits, refuse) =>
        credentials.serve(createServer({ ...credentials.server, ...limits, handshakeTimeout }, refuse)),
      dial: (remote, domain) => credentials.dial(remote, domain),
    }
    super(kind, options)
    this.#credentials = credentials
  }

  reload(identity: TlsIdentity): void {
    this.#credentials.reload(identity)
  }
}
