import type { Clock } from '../base/clock.ts'
import { type ParseError, TransportError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { HeaderCodec, SipRequest, SipResponse, SipUri, Uri } from '../message/index.ts'
import { type Frame, MessageFramer, type ParseOptions, parseMessage } from '../parser/index.ts'
import { ConnectionKeeper, type KeeperHost } from './connection-keeper.ts'
import type { Diagnostics } from './diagnostics.ts'
import { isNumeric } from './host.ts'
import { ManagedConnection } from './managed-connection.ts'
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
import { responseAddress, sentBy } from './via.ts'
import { WatchedFlow } from './watched-flow.ts'

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
  readonly random: Random
  readonly diagnostics: Diagnostics
  readonly receiver: MessageReceiver
  /** The headers that must parse before a message is handed up, besides those of this package. */
  readonly headers: () => readonly HeaderCodec<unknown>[]
  /** How large messages may be; default: what the parser takes by default. */
  readonly limits?: Pick<ParseOptions, 'maxBytes' | 'maxHeaders'> | undefined
  /** Whether somebody waits for something on a connection, so that it is kept although nothing goes over it. */
  readonly inUse: (flow: Flow) => boolean
}

/**
 * Holds the transports: picks the one for a target, and turns what arrives into messages.
 *
 * @see pjsip_tpmgr
 */
export class TransportManager implements TransportReceiver {
  readonly transports: readonly Transport[]
  readonly #context: TransportManagerContext
  readonly #keeping: KeeperHost
  readonly #keepers = new Map<Transport, ConnectionKeeper>()
  readonly #datagrams = new MessageFramer()

  constructor(transports: readonly Transport[], context: TransportManagerContext) {
    this.transports = transports
    this.#context = context
    const { clock, random, diagnostics, receiver } = context
    this.#keeping = {
      clock,
      random,
      diagnostics,
      message: (connection, bytes) => this.#deliver(connection, bytes),
      unreadable: (connection, frame) => this.#unreadable(connection, frame),
      inUse: (connection) => context.inUse(connection),
      closed: (flow, error) => receiver.onMessage({ type: 'flow-closed', flow, ...(error && { error }) }),
    }
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
    return this.#connect(transport, target.address, { domain: target.domain })
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
    return (
      fitting.find((transport) => transport.local.host.includes(':') === ipv6) ??
      fitting[0] ??
      this.transports.find(({ outbound }) => outbound !== undefined) ??
      first
    )
  }

  /**
   * The flow to the outbound proxy, where there is one that can take what goes to `hop`, and no other transport that
   * speaks the protocol of `hop`. Nothing has to be looked up then.
   */
  outbound(hop: Uri): Flow | undefined {
    const secure = hop.type === 'sip' && hop.scheme === 'sips'
    const transport = this.transports.find((t) => t.outbound !== undefined && (t.secure || !secure))
    if (transport?.outbound === undefined) return undefined
    const protocol = hop.type === 'sip' ? protocolOrNone(hop) : undefined
    if (this.transports.some((t) => t.outbound === undefined && t.protocol === protocol)) return undefined
    return this.#connect(transport, transport.outbound)
  }

  /** The flow on which a request is answered (RFC 3261 §18.2.2). */
  responseFlow(received: ReceivedRequest): Flow {
    const { transport, remote } = received.flow
    if (transport.reliable) return received.flow
    const address = responseAddress(received)
    if (!isNumeric(address.host) || (address.host === remote.host && address.port === remote.port))
      return received.flow
    return this.#connect(transport, address)
  }

  /**
   * Pings the peer of a connection from now on (CRLF CRLF, RFC 5626 §4.4.1), and gives the connection up when it does
   * not answer within 10 seconds. For a peer that has agreed to answer: one that registers or was registered with
   * the option tag `outbound`, or with `keep` in a Via (RFC 6223). Does nothing on a flow that is no connection.
   *
   * @param interval milliseconds from ping to ping, drawn from 80 % to 100 % of it each time; 0 ends it
   */
  keepAlive(flow: Flow, interval: number): void {
    if (flow instanceof ManagedConnection) flow.keepAlive(interval)
  }

  onTransport(event: TransportEvent): void {
    const { flow } = event
    const keeper = this.#keeperOf(flow.transport)
    switch (event.type) {
      case 'open':
        keeper?.opened(flow)
        break
      case 'data':
        if (keeper !== undefined) keeper.received(flow, event.bytes)
        else this.#datagram(flow, event.bytes)
        break
      case 'closed':
        keeper?.closed(flow, event.error)
        break
    }
  }

  /** Closes every transport. */
  async close(): Promise<void> {
    await Promise.allSettled(this.transports.map((transport) => transport.close()))
  }

  #connect(transport: Transport, ...to: Parameters<Transport['connect']>): Flow {
    const keeper = this.#keeperOf(transport)
    return keeper?.connect(...to) ?? new WatchedFlow(transport.connect(...to), this.#context)
  }

  #datagram(flow: Flow, bytes: Uint8Array): void {
    this.#datagrams.push(bytes)
    const frame = this.#datagrams.next()
    if (frame?.type === 'message') this.#deliver(new WatchedFlow(flow, this.#context), frame.bytes)
  }

  #deliver(flow: WatchedFlow, bytes: Uint8Array): void {
    const { receiver, headers, diagnostics, limits } = this.#context
    flow.watch('in', bytes)
    const result = parseMessage(bytes, { headers: headers(), ...limits })
    switch (result.type) {
      case 'request':
        announceAlias(flow, result.request)
        receiver.onMessage({ type: 'request', message: result.request, flow })
        break
      case 'response':
        if (this.#isOurs(result.response, flow))
          receiver.onMessage({ type: 'response', message: result.response, flow })
        else
          diagnostics.publish('dropped', () => [
            { reason: 'stray-response', flow, response: result.response },
          ])
        break
      case 'bad-request':
        this.#refuse(flow, result.request, result)
        break
      case 'garbage':
        diagnostics.publish('dropped', () => [{ reason: 'garbage', flow, bytes, error: result.error }])
        break
    }
  }

  // RFC 3261 §18.3, §20.14: whoever sends such a request is told so, and then the stream means nothing any more.
  #unreadable(connection: ManagedConnection, frame: Frame & { type: 'error' }): void {
    connection.watch('in', frame.bytes)
    const result = parseMessage(frame.bytes, { headers: this.#context.headers() })
    if (result.type === 'request' || result.type === 'bad-request')
      this.#refuse(connection, result.request, frame)
  }

  #refuse(flow: Flow, message: SipRequest, { status, error }: { status: number; error: ParseError }): void {
    const received: ReceivedRequest = { type: 'request', message, flow }
    this.#context.receiver.onMessage({ type: 'bad-request', received, status, error })
  }

  #keeperOf(transport: Transport): ConnectionKeeper | undefined {
    if (!transport.reliable) return undefined
    const keeper = this.#keepers.get(transport) ?? new ConnectionKeeper(transport, this.#keeping)
    this.#keepers.set(transport, keeper)
    return keeper
  }

  // RFC 3261 §18.1.2: a response whose topmost Via is not ours went astray. Ports are compared as we wrote them.
  #isOurs({ via }: SipResponse, flow: Flow): boolean {
    const { host, port } = sentBy(flow.transport)
    return via.host.toLowerCase() === host.toLowerCase() && (via.port ?? 5060) === (port ?? 5060)
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

// RFC 5923: what the peer says of itself; whether that is believed is up to the transport.
function announceAlias(flow: Flow, { via }: SipRequest): void {
  if (flow instanceof ManagedConnection && via.params.has('alias'))
    flow.alias(via.port ?? (flow.transport.secure ? 5061 : 5060))
}
