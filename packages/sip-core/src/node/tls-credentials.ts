import { X509Certificate } from 'node:crypto'
import type { TcpSocketConnectOpts } from 'node:net'
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TlsOptions as ServerOptions,
  type TLSSocket,
} from 'node:tls'
import { ArgumentError } from '../base/errors.ts'
import type { Address } from '../transport/index.ts'
import { domainProblem, isAddress, sipDomains } from './certificate-domains.ts'

/** What this end proves who it is with. */
export interface TlsIdentity {
  /** The certificate and those between it and the authority, in PEM. */
  readonly cert?: string | Buffer
  /** Its private key, in PEM. */
  readonly key?: string | Buffer
  /** Of the private key, if it is encrypted. */
  readonly passphrase?: string
}

/** Whom a TLS transport trusts, and how it shows who it is. */
export interface TlsCredentialOptions extends TlsIdentity {
  /** The authorities to trust, in PEM; default those that Node comes with. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /**
   * Whether a peer that connects is asked for a certificate: `'none'` (default), `'optional'` (one that does not
   * hold counts as none), or `'required'` (without one that holds there is no connection).
   */
  readonly clientCertificate?: 'none' | 'optional' | 'required'
  /**
   * False: connects to whoever answers, whatever certificate it has. For a laboratory and nothing else, as anybody
   * on the way can read and change everything then. Default true.
   */
  readonly verify?: boolean
  /** The oldest version that is spoken; default `'TLSv1.2'`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** The certificates of a transport: for the connections that it takes, and those that it makes. */
export class TlsCredentials {
  #options: TlsCredentialOptions
  #context: SecureContext
  readonly #servers = new Set<Server>()

  /** @throws ArgumentError when certificate, key or authorities cannot be read or do not belong together */
  constructor(options: TlsCredentialOptions) {
    this.#options = options
    this.#context = contextOf(options)
  }

  /** What a server is made with, besides its own options. */
  get server(): ServerOptions {
    const { clientCertificate = 'none' } = this.#options
    return {
      ...secureOptions(this.#options),
      requestCert: clientCertificate !== 'none',
      rejectUnauthorized: clientCertificate === 'required',
    }
  }

  /** Has a server take part in what is reloaded. */
  serve<S extends Server>(server: S): S {
    this.#servers.add(server)
    server.once('close', () => this.#servers.delete(server))
    return server
  }

  /**
   * Another certificate for the connections to come; those that are open stay.
   *
   * @throws ArgumentError when it cannot be read or does not fit its key; nothing has changed then
   */
  reload(identity: TlsIdentity): void {
    const options = { ...this.#options, ...identity }
    this.#context = contextOf(options)
    this.#options = options
    for (const server of this.#servers) server.setSecureContext(secureOptions(options))
  }

  /** A socket on its way to `remote`, which gets ready only if the peer proves that it is `domain` (RFC 5922 §7). */
  dial({ host, port }: Address, domain: string, localAddress?: string): TLSSocket {
    const options: ConnectionOptions & Pick<TcpSocketConnectOpts, 'localAddress'> = {
      host,
      port,
      localAddress,
      secureContext: this.#context,
      // RFC 6066 §3: a name, never an address.
      ...(isAddress(domain) ? {} : { servername: domain }),
      rejectUnauthorized: this.#options.verify ?? true,
      checkServerIdentity: (_host, certificate) => domainProblem(certificate, domain),
    }
    return connect(options)
  }

  /** The domains that a peer that has connected has proved to be. */
  domainsOf(socket: TLSSocket): readonly string[] {
    return socket.authorized ? sipDomains(socket.getPeerCertificate()) : []
  }
}

function contextOf(options: TlsCredentialOptions): SecureContext {
  try {
    // What is no certificate would be passed over without a word, and nobody be trusted.
    for (const authority of [options.ca ?? []].flat()) new X509Certificate(authority)
    return createSecureContext(secureOptions(options))
  } catch (cause) {
    throw new ArgumentError(`TLS credentials: ${(cause as Error).message}`, { cause })
  }
}

function secureOptions(options: TlsCredentialOptions): SecureContextOptions {
  const { cert, key, passphrase, ca, minVersion = 'TLSv1.2' } = options
  const authorities = ca === undefined ? undefined : [ca].flat()
  return { cert, key, passphrase, ca: authorities as SecureContextOptions['ca'], minVersion }
}
