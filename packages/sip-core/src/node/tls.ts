import type { Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { type Address, formatAddress, type Transport } from '../transport/index.ts'
import { type StreamKind, type StreamOptions, StreamTransport } from './stream-transport.ts'
import { type TlsCredentialOptions, TlsCredentials, type TlsIdentity } from './tls-credentials.ts'

/**
 * Where and how a TLS transport listens and connects. Without a certificate of its own it can only connect: the
 * handshakes of peers fail.
 */
export interface TlsOptions extends StreamOptions, TlsCredentialOptions {}

/** A TLS transport. */
export interface TlsTransport extends Transport {
  /**
   * Shows another certificate from now on; connections that are open stay, and so does what is not given.
   *
   * @throws ArgumentError when it cannot be read or does not fit its key; nothing has changed then
   */
  reload(identity: TlsIdentity): void
}

/** Handshakes under way at once; past it peers are dropped. */
const MAX_HANDSHAKES = 1000

/**
 * SIP over TLS (RFC 3261 §26.3, RFC 5922). A peer that is connected to must prove that it is the domain of the URI
 * that was asked for, wherever the name service has led; one that connects is asked for a certificate if wanted, and
 * with one can have requests to its domain come over its own connection (RFC 5923).
 *
 * ```ts
 * const secure = tls({ cert: readFileSync('cert.pem'), key: readFileSync('key.pem') })
 * await using endpoint = await Endpoint.start(nodePlatform(), [secure])
 * secure.reload({ cert: readFileSync('new-cert.pem'), key: readFileSync('new-key.pem') })
 * ```
 *
 * @throws ArgumentError when certificate, key or authorities cannot be read or do not belong together
 * @see pjsip_tls_transport_start2
 */
export function tls(options: TlsOptions = {}): TlsTransport {
  const credentials = new TlsCredentials(options)
  return new SecureTransport(kindOf(credentials, options), options, credentials)
}

class SecureTransport extends StreamTransport implements TlsTransport {
  readonly #credentials: TlsCredentials

  constructor(kind: StreamKind, options: StreamOptions, credentials: TlsCredentials) {
    super(kind, options)
    this.#credentials = credentials
  }

  reload(identity: TlsIdentity): void {
    this.#credentials.reload(identity)
  }
}

function kindOf(credentials: TlsCredentials, { connectTimeout = 10_000 }: StreamOptions): StreamKind {
  const handshakes = new Map<string, Socket>()
  return {
    protocol: 'TLS',
    port: 5061,
    ready: 'secureConnect',
    serve(accept) {
      const server = createServer({ ...credentials.server, handshakeTimeout: connectTimeout }, (socket) => {
        handshakes.delete(peerOf(socket))
        accept(socket)
      })
      server.on('connection', (socket: Socket) => {
        if (handshakes.size >= MAX_HANDSHAKES) {
          socket.destroy()
          return
        }
        const peer = peerOf(socket)
        handshakes.set(peer, socket)
        socket.once('close', () => handshakes.delete(peer))
      })
      return credentials.serve(server)
    },
    abandon() {
      for (const socket of handshakes.values()) socket.destroy()
    },
    dial: (remote, domain, localAddress) => credentials.dial(remote, domain, localAddress),
    reached(domain) {
      const name = domain.toLowerCase()
      return (wanted) => wanted === name
    },
    accepted(socket, { host }) {
      const domains = credentials.domainsOf(socket as TLSSocket)
      const proved = (wanted: string) => domains.includes(wanted)
      // Whatever it is, it is what has connected from there.
      return { own: (wanted) => wanted === host || proved(wanted), alias: proved }
    },
  }
}

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  const peer: Address = { host: remoteAddress, port: remotePort }
  return formatAddress(peer)
}
