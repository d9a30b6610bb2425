import {
  type CredentialsSource,
  DigestClient,
  type DigestClientInit,
  Emitter,
  type Endpoint,
  type EndpointModule,
  type Flow,
  ModulePriority,
  NameAddr,
  parseNameAddr,
  type Received,
  type ReceivedRequest,
  type Uri,
  verifyRequest,
} from 'sip-core'
import { DialogLayer, uasRemoteTarget } from './dialog/index.ts'
import { IncomingInvite, type InviteInit, InviteSession } from './invite/index.ts'
import { verifyAccept, verifyBody } from './invite/refusal.ts'

/** Who a user agent is. */
export interface UserAgentInit {
  /** Goes into From, with or without a display name: `'"Alice" <sip:alice@example.com>'`. */
  readonly identity: string | NameAddr
  /** What challenges (401, 407) to this end's requests are answered with; default: a challenge is the outcome. */
  readonly credentials?: CredentialsSource | undefined
  /** How they are answered. */
  readonly digest?: Omit<DigestClientInit, 'credentials' | 'random'> | undefined
}

/** How somebody is called. */
export interface CallInit extends InviteInit {
  /** Calls over this connection, which the callee has opened: a page can be called no other way (RFC 7118). */
  readonly flow?: Flow | undefined
}

/** What happens at a user agent. */
export interface UserAgentEvents {
  /** Somebody calls. With no listener the call is refused with 480. */
  invite: [incoming: IncomingInvite]
}

/** A SIP address as callers of the API write it: a URI, or a name with a URI in `<` and `>`. */
export type AddressLike = string | NameAddr | Uri

/**
 * Places calls and takes them: what most applications hold.
 *
 * ```ts
 * const ua = new UserAgent(endpoint, { identity: '"Alice" <sip:alice@example.com>' })
 * ua.on('invite', (incoming) => incoming.accept({ sdp }))
 * const call = ua.invite('sip:bob@example.com', { sdp })
 * await call.established
 * ```
 */
export class UserAgent extends Emitter<UserAgentEvents> implements EndpointModule, AsyncDisposable {
  readonly name = 'user agent'
  readonly priority = ModulePriority.application
  readonly endpoint: Endpoint
  readonly identity: NameAddr
  readonly dialogs: DialogLayer
  readonly #digest: Omit<DigestClientInit, 'random'> | undefined
  readonly #calls = new Set<InviteSession>()

  /** @throws ParseError when the identity is no SIP address, ArgumentError when credentials cannot be sent */
  constructor(endpoint: Endpoint, init: UserAgentInit) {
    super()
    this.endpoint = endpoint
    this.identity = toNameAddr(init.identity)
    this.dialogs = DialogLayer.of(endpoint)
    const { credentials, digest } = init
    this.#digest = credentials === undefined ? undefined : { ...digest, credentials }
    // What cannot be sent is refused now, not at the first challenge.
    this.createDigest()
    for (const method of ['INVITE', 'ACK', 'CANCEL', 'BYE']) endpoint.capabilities.methods.add(method)
    endpoint.capabilities.contentTypes.add('application/sdp')
    endpoint.use(this)
  }

  /** The calls that are not over. */
  get calls(): ReadonlySet<InviteSession> {
    return this.#calls
  }

  /**
   * Calls somebody.
   *
   * @throws ParseError when `target` is no address, ArgumentError when a header cannot be sent
   */
  invite(target: AddressLike, init: CallInit = {}): InviteSession {
    const { flow } = init
    const [remote, digest] = [toNameAddr(target), this.createDigest()]
    const dialog = this.dialogs.createUac({ local: this.identity, remote, flow, digest })
    return this.#keep(InviteSession.invite(dialog, init))
  }

  /**
   * What answers challenges for one more dialog or registration of this user agent: to be handed to
   * `dialogs.createUac`, or as `credentials` to `endpoint.send`. Undefined without credentials.
   */
  createDigest(): DigestClient | undefined {
    return this.#digest && new DigestClient({ ...this.#digest, random: this.endpoint.random })
  }

  receive(received: Received): boolean {
    if (received.type === 'response' || received.message.method !== 'INVITE') return false
    if (received.message.to.tag !== undefined) return false
    this.#onInvite(received)
    return true
  }

  /** Resolves as soon as there is no call. They end as their users want them to; see `Endpoint.drain`. */
  async drain(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all([...this.#calls].map((call) => call.ended))
  }

  /**
   * Ends every call, by BYE, CANCEL or 480 as it needs it; resolves when they are over. The endpoint stays open;
   * closing it does this, too.
   */
  async close(): Promise<void> {
    await Promise.all([...this.#calls].map((call) => call.end()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #onInvite(received: ReceivedRequest): void {
    const { endpoint } = this
    const { message } = received
    const refusal =
      verifyRequest(message, endpoint.capabilities) ??
      verifyBody(message, endpoint.capabilities) ??
      verifyAccept(message)
    if (refusal !== undefined) return endpoint.respond(received, refusal.status, refusal)
    const target = uasRemoteTarget(message)
    if (target === undefined) return endpoint.respond(received, 400, { reason: 'Missing Contact' })
    if (this.listenerCount('invite') === 0) return endpoint.respond(received, 480)
    const contact = endpoint.contact(this.identity.uri, target, { heardOn: received.flow })
    const dialog = this.dialogs.createUas(received, { contact, digest: this.createDigest() })
    const session = this.#keep(InviteSession.answer(dialog, received))
    this.emit('invite', new IncomingInvite(received, session))
  }

  #keep(session: InviteSession): InviteSession {
    if (session.state === 'disconnected') return session
    this.#calls.add(session)
    return session.on('state', (state) => {
      if (state === 'disconnected') this.#calls.delete(session)
    })
  }
}

/** A name-addr from what callers of the API write. @throws ParseError when it is text and no address */
export function toNameAddr(address: AddressLike): NameAddr {
  if (address instanceof NameAddr) return address
  // Without '<' it is a URI, and its parameters are the URI's: `sip:bob@example.com;transport=tcp`.
  return typeof address === 'string' && address.includes('<')
    ? parseNameAddr(address)
    : new NameAddr({ uri: address })
}
