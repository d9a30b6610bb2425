import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { StateError, TransportError } from '../base/errors.ts'
import {
  type Address,
  type Flow,
  formatAddress,
  type Transport,
  type TransportReceiver,
} from '../transport/index.ts'
import { advertised } from './advertised.ts'

/** Where and how a UDP transport listens. */
export interface UdpOptions {
  /** The local address to bind, a literal; default `0.0.0.0`, every IPv4 interface. */
  readonly host?: string
  /** Default 5060; 0 takes a free one. */
  readonly port?: number
  /**
   * What peers are told in Via and Contact, for hosts behind a NAT with a known mapping. Default: the bound
   * address, or this machine's first outward one when every interface is bound.
   */
  readonly publicAddress?: Partial<Address>
  /** The kernel's receive buffer in bytes; default 4 MiB (the system may grant less). */
  readonly recvBufferSize?: number
}

/**
 * SIP over UDP (RFC 3261 §18). Requests leave from the port on which it listens, as rport needs (RFC 3581).
 *
 * @see pjsip_udp_transport_start
 */
export function udp(options: UdpOptions = {}): Transport {
  return new UdpTransport(options)
}

class UdpTransport implements Transport {
  readonly protocol = 'UDP'
  readonly reliable = false
  readonly secure = false
  readonly framing = 'message'
  readonly #options: UdpOptions
  #open: { readonly socket: Socket; readonly local: Address } | undefined

  constructor(options: UdpOptions) {
    this.#options = options
  }

  get local(): Address {
    if (this.#open === undefined) throw new StateError('the UDP transport is not listening')
    return this.#open.local
  }

  async listen(receiver: TransportReceiver): Promise<void> {
    if (this.#open !== undefined) throw new StateError('the UDP transport is listening already')
    const { host = '0.0.0.0', port = 5060, recvBufferSize = 4 * 1024 * 1024 } = this.#options
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      // Each family has a transport of its own: '::' must leave the port of '0.0.0.0' alone.
      ipv6Only: isIPv6(host),
      recvBufferSize,
      // Every address that comes here is a literal; the default would ask the resolver for each packet.
      lookup: (address, _options, done) => done(null, address, isIPv6(address) ? 6 : 4),
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (cause) => {
        socket.close()
        reject(
          new TransportError(`UDP ${formatAddress({ host, port })} cannot be bound: ${cause.message}`, {
            cause,
          }),
        )
      })
      socket.bind(port, host, resolve)
    })
    socket.removeAllListeners('error')
    // After binding, errors of a socket concern single packets, and those are told to their sender.
    socket.on('error', () => {})
    const local = advertised(socket.address(), this.#options.publicAddress)
    this.#open = { socket, local }
    socket.on('message', (bytes: Buffer, remote: RemoteInfo) => {
      receiver.onTransport({
        type: 'data',
        flow: this.connect({ host: remote.address, port: remote.port }),
        bytes,
      })
    })
  }

  connect(remote: Address): Flow {
    return new UdpFlow(this, remote, (bytes, failed) => this.#send(bytes, remote, failed))
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    open.socket.removeAllListeners('message')
    await new Promise<void>((resolve) => open.socket.close(resolve))
  }

  #send(bytes: Uint8Array, { host, port }: Address, failed: (error: TransportError) => void): void {
    const to = `UDP ${formatAddress({ host, port })}`
    if (this.#open === undefined) return failed(new TransportError(`${to}: the transport is closed`))
    try {
      this.#open.socket.send(bytes, port, host, (cause) => {
        if (cause) failed(new TransportError(`${to}: ${cause.message}`, { cause }))
      })
    } catch (cause) {
      // Node throws for a port or an address that cannot be.
      failed(new TransportError(`${to} cannot be sent to`, { cause }))
    }
  }
}

class UdpFlow implements Flow {
  readonly transport: Transport
  readonly remote: Address
  readonly send: Flow['send']

  constructor(transport: Transport, remote: Address, send: Flow['send']) {
    this.transport = transport
    this.remote = remote
    this.send = send
  }

  get local(): Address {
    return this.transport.local
  }

  close(): void {}
}
