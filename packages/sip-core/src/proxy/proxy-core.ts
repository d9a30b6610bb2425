import { Emitter } from '../base/emitter.ts'
import { type Endpoint, type EndpointModule, ModulePriority } from '../endpoint/index.ts'
import type { Address, Received, ReceivedRequest } from '../transport/index.ts'
import { OwnAddresses } from './own-addresses.ts'
import { receivedRouting } from './routing.ts'
import { type ForwardInit, ProxySession, type ProxySessionContext } from './session.ts'
import { forwardRequest } from './stateless.ts'
import type { TargetSetOptions } from './target-set.ts'
import { verifyForwarding } from './verify-forwarding.ts'

/** What a proxy is and how it forwards. */
export interface ProxyOptions extends Omit<ForwardInit, 'headers'> {
  /** Names that it answers for besides the addresses of its transports; default none. */
  readonly domains?: Iterable<string> | undefined
  /** Option tags in Proxy-Require that it lives up to; default none. */
  readonly extensions?: Iterable<string> | undefined
  /** Limits of what redirections may bring about. */
  readonly targets?: TargetSetOptions | undefined
}

/** What happens at a proxy. */
export interface ProxyEvents {
  /** A request came, to be forwarded or answered. With no listener requests are left to other modules. */
  request: [session: ProxySession]
}

/**
 * A stateful proxy (RFC 3261 §16): where a request goes is the application's to say, the rest is done here.
 *
 * ```ts
 * const proxy = new ProxyCore(endpoint, { domains: ['example.com'], recordRoute: true })
 * proxy.on('request', (session) => {
 *   if (session.isForHere) session.forward(phonesOf(session.uri))
 *   else session.forward()
 * })
 * ```
 *
 * The ACK to a 2xx is sent on without asking. A CANCEL that finds no INVITE is answered with 481, since nothing is
 * ever forwarded from here without being kept (RFC 3261 §16.10); a response that finds no request is dropped (RFC
 * 6026 §8.9).
 */
export class ProxyCore extends Emitter<ProxyEvents> implements EndpointModule {
  readonly name = 'proxy'
  readonly priority = ModulePriority.application
  /** It may well see a request again that others have changed meanwhile: a spiral (RFC 5393 §4.2). */
  readonly takesMerged = true
  readonly endpoint: Endpoint
  /** What names this proxy. */
  readonly own: OwnAddresses
  readonly #context: ProxySessionContext

  /** Takes its place on the endpoint. */
  constructor(endpoint: Endpoint, options: ProxyOptions = {}) {
    super()
    const { domains, extensions = [], targets = {}, ...forward } = options
    this.endpoint = endpoint
    this.own = new OwnAddresses(() => addressesOf(endpoint), domains)
    this.#context = { endpoint, own: this.own, extensions: new Set(extensions), targets, forward }
    endpoint.use(this)
  }

  receive(received: Received): boolean {
    if (received.type === 'response' || this.listenerCount('request') === 0) return false
    switch (received.message.method) {
      case 'ACK':
        return this.#passAck(received)
      case 'CANCEL':
        this.endpoint.respond(received, 481)
        return true
      default:
        this.emit('request', new ProxySession(this.#context, received))
        return true
    }
  }

  #passAck(received: ReceivedRequest): boolean {
    const { uri, route } = receivedRouting(received.message, this.own)
    if (route.length === 0 && this.own.has(uri)) return false
    const own = this.endpoint.transports.transports.map(({ local }) => local)
    const refusal = verifyForwarding(received.message, { own, extensions: this.#context.extensions })
    if (refusal === undefined) forwardRequest(this.endpoint, received, { uri, route })
    return true
  }
}

// Peers may know a transport by either.
function addressesOf(endpoint: Endpoint): readonly Address[] {
  return endpoint.transports.transports.flatMap((transport) => [
    transport.local,
    endpoint.addressOf(transport),
  ])
}
