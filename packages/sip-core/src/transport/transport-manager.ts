import type { Clock } from '../base/clock.ts'
import { type ParseError, TransportError } from '../base/errors.ts'
import type { HeaderCodec, SipResponse, SipUri, Uri } from '../message/index.ts'
import { parseMessage } from '../parser/index.ts'
import type { Diagnostics } from './diagnostics.ts'
import { isNumeric, unbracketed } from './host.ts'
import { protocolOf } from './protocol.ts'
import type { Received, ReceivedRequest } from './received.ts'
import type { Target } from './target.ts'
import {
  type Address,
  type Flow,
  formatAddress,
  type Transport,
  type TransportEvent,
  type TransportProtocol,
  type TransportReceiver,
} from './transport.ts'
import { responseAddress } from './via.ts'

/** What the transport manager has to say. */
export type MessageEvent =
  /** A message that follows the grammar. */
  | Received
  /** A request that cannot be taken as it is, but can be answered with `status`. */
  | {
      readonly type: 'bad-request'
      readonly received: ReceivedRequest
      readonly status: number
      readonly error: ParseError
    }
  /** Nothing more will come over this flow. */
  | { readonly type: 'flow-closed'; readonly flow: Flow; readonly error?: TransportError }

/** Implemented by the endpoint: the one door from the transports upward. */
export interface MessageReceiver {
  onMessage(event: MessageEvent): void
}

/** What the manager works with. */
export interface TransportManagerContext {
  readonly clock: Clock
  readonly diagnostics: Diagnostics
  readonly receiver: MessageReceiver
  /** The headers that must parse before a message is handed up, besides those of this package. */
  readonly headers: () => readonly HeaderCodec<unknown>[]
}

/**
 * Holds the transports: picks the one for a target, and turns what arrives into messages.
 *
 * @see pjsip_tpmgr
 */
export class TransportManager implements TransportReceiver {
  readonly transports: readonly Transport[]
  readonly #context: TransportManagerContext

  constructor(transports: readonly Transport[], context: TransportManagerContext) {
    this.transports = transports
    this.#context = context
  }

  /** Opens every transport; when one cannot be opened the others are closed again. */
  async listen(): Promise<void> {
    const results = await Promise.allSettled(this.transports.map((transport) => transport.listen(this)))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed === undefined) return
    await this.close()
    throw failed.reason
  }

  /**
   * A flow to `target`.
   *
   * @throws TransportError when no transport speaks its protocol and address family
   */
  flow(target: Target): Flow {
    const transport =
      this.transports.find((t) => t.protocol === target.protocol && sameFamily(t.local, target.address)) ??
      this.transports.find((t) => t.protocol === target.protocol)
    if (transport === undefined) {
      const have =
        this.transports.map((t) => `${t.protocol} on ${formatAddress(t.local)}`).join(', ') || 'none'
      throw new TransportError(
        `no transport for ${target.protocol} to ${formatAddress(target.address)} (have: ${have})`,
      )
    }
    return new WatchedFlow(transport.connect(target.address), this.#context)
  }

  /**
   * The transport that leads to a peer with this URI, or the first one if none fits.
   *
   * @throws TransportError when the endpoint has no transport at all
   */
  toward(peer: Uri): Transport {
    const [first] = this.transports
    if (first === undefined) throw new TransportError('the endpoint has no transport')
    if (peer.type !== 'sip') return first
    const protocol = protocolOrNone(peer)
    const fitting = this.transports.filter((transport) => transport.protocol === protocol)
    const ipv6 = peer.host.includes(':')
    return fitting.find((transport) => transport.local.host.includes(':') === ipv6) ?? fitting[0] ?? first
  }

  /** The flow on which a request is answered (RFC 3261 §18.2.2). */
  responseFlow(received: ReceivedRequest): Flow {
    const { transport, remote } = received.flow
    if (transport.reliable) return received.flow
    const address = responseAddress(received)
    if (!isNumeric(address.host) || (address.host === remote.host && address.port === remote.port))
      return received.flow
    return new WatchedFlow(transport.connect(address), this.#context)
  }

  onTransport(event: TransportEvent): void {
    const { receiver, headers } = this.#context
    if (event.type === 'open') return
    if (event.type === 'closed') {
      receiver.onMessage({ ...event, type: 'flow-closed' })
      return
    }
    const { bytes } = event
    if (isKeepAlive(bytes)) return
    const flow = new WatchedFlow(event.flow, this.#context)
    flow.watch('in', bytes)
    const result = parseMessage(bytes, { headers: headers() })
    switch (result.type) {
      case 'request':
        receiver.onMessage({ type: 'request', message: result.request, flow })
        break
      case 'response':
        if (this.#isOurs(result.response, flow)) {
          receiver.onMessage({ type: 'response', message: result.response, flow })
        }
        break
      case 'bad-request': {
        const { request, status, error } = result
        receiver.onMessage({
          type: 'bad-request',
          received: { type: 'request', message: request, flow },
          status,
          error,
        })
        break
      }
      case 'garbage':
        break
    }
  }

  /** Closes every transport. */
  async close(): Promise<void> {
    await Promise.allSettled(this.transports.map((transport) => transport.close()))
  }

  // RFC 3261 §18.1.2: a response whose topmost Via is not ours went astray. Ports are compared as we wrote them.
  #isOurs({ via }: SipResponse, flow: Flow): boolean {
    const { host, port } = flow.transport.local
    return unbracketed(via.host).toLowerCase() === host.toLowerCase() && (via.port ?? 5060) === port
  }
}

/** A transport's flow that shows what goes over it to whoever watches the endpoint. */
class WatchedFlow implements Flow {
  readonly #flow: Flow
  readonly #context: TransportManagerContext

  constructor(flow: Flow, context: TransportManagerContext) {
    this.#flow = flow
    this.#context = context
  }

  get transport(): Transport {
    return this.#flow.transport
  }

  get local(): Address {
    return this.#flow.local
  }

  get remote(): Address {
    return this.#flow.remote
  }

  send(bytes: Uint8Array, failed: (error: TransportError) => void): void {
    this.watch('out', bytes)
    this.#flow.send(bytes, failed)
  }

  close(reason?: TransportError): void {
    this.#flow.close(reason)
  }

  watch(direction: 'in' | 'out', bytes: Uint8Array): void {
    const { diagnostics, clock } = this.#context
    diagnostics.publish('message', () => {
      const { transport, local, remote } = this.#flow
      return [{ direction, protocol: transport.protocol, local, remote, bytes, at: clock.now() }]
    })
  }
}

// A peer may name any transport; that it cannot be reached over shows when something is sent to it.
function protocolOrNone(uri: SipUri): TransportProtocol | undefined {
  try {
    return protocolOf(uri)
  } catch (error) {
    if (error instanceof TransportError) return undefined
    throw error
  }
}

function sameFamily(a: Address, b: Address): boolean {
  return a.host.includes(':') === b.host.includes(':')
}

// Keep-alives over UDP are a few bytes of no meaning, most often CRLF CRLF.
function isKeepAlive(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 13 || byte === 10 || byte === 0)
}
