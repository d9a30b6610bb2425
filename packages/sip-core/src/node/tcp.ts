import { connect, createServer } from 'node:net'
import type { Transport } from '../transport/index.ts'
import { type StreamOptions, StreamTransport } from './stream-transport.ts'

/** Where and how a TCP transport listens and connects. */
export interface TcpOptions extends StreamOptions {
  /**
   * Whether requests to a port that a peer announces by `alias` in its Via go over the connection that it has opened
   * (RFC 5923). Default false, as over TCP nothing proves that the port is the peer's: whoever shares its address,
   * behind the same NAT for example, could take over what is sent there.
   */
  readonly alias?: boolean
}

/**
 * SIP over TCP (RFC 3261 §18): takes connections, and connects where there is none yet.
 *
 * ```ts
 * await using endpoint = await Endpoint.start(nodePlatform(), [udp(), tcp()])
 * ```
 *
 * @see pjsip_tcp_transport_start3
 */
export function tcp(options: TcpOptions = {}): Transport {
  const anybody = () => true
  return new StreamTransport(
    {
      protocol: 'TCP',
      port: 5060,
      ready: 'connect',
      serve: (accept) => createServer(accept),
      abandon: () => {},
      dial: ({ host, port }, _domain, localAddress) => connect({ host, port, localAddress }),
      reached: () => anybody,
      accepted: () => ({ own: anybody, alias: options.alias ? anybody : undefined }),
    },
    options,
  )
}
