import {
  Authorization,
  type Body,
  type ClientRequest,
  type ClientRequestEvent,
  type ClientRequestUser,
  CSeq,
  createRequest,
  type DigestClient,
  defineDiagnostic,
  type Endpoint,
  type ExtraHeaders,
  type Flow,
  type Method,
  type NameAddr,
  type OutgoingRequest,
  type OutgoingResponse,
  ProxyAuthorization,
  type ReceivedRequest,
  type ReceivedResponse,
  type ResponseInit,
  Route,
  type ServerTransaction,
  type ServerTransactionUser,
  SipRequest,
  StateError,
  type StatelessSendOptions,
  To,
  type Uri,
  Via,
} from 'sip-core'
import { applyRouteSet, uacRouteSet, uasRouteSet } from './route-set.ts'
import type { DialogUsage } from './usage.ts'

/**
 * How far a dialog is (RFC 3261 §12): `null` before the peer has given its tag, `early` after a provisional
 * response, `confirmed` after a 2xx (or a NOTIFY that outran it), `terminated` when its last usage has gone.
 */
export type DialogState = 'null' | 'early' | 'confirmed' | 'terminated'

/** What tells one dialog from another at this end (RFC 3261 §12). */
export interface DialogId {
  readonly callId: string
  readonly localTag: string
  /** Undefined until the peer has answered. */
  readonly remoteTag: string | undefined
}

/** A step in the life of a dialog. */
export interface DialogStep {
  readonly dialog: Dialog
  /** The state it was in; undefined when it came alive, with its first usage. */
  readonly from: DialogState | undefined
  readonly to: DialogState
}

/** Shows dialogs that come alive, change their state or end: `endpoint.diagnostics.on(dialogDiagnostic, ...)`. */
export const dialogDiagnostic = defineDiagnostic<DialogStep>('dialog')

/** What a request within a dialog says besides its method. */
export interface DialogRequestInit {
  readonly headers?: ExtraHeaders | undefined
  readonly body?: Body | undefined
  /** Leaves the Contact away, as ACK, BYE and the like may. Default: only requests that refresh the target have one. */
  readonly contact?: boolean
}

/** Where dialogs are found by their id: the dialog layer. */
export interface DialogRegistry {
  add(dialog: Dialog): void
  remove(dialog: Dialog): void
}

/** For the dialog layer: what a dialog starts with. */
export interface DialogInit {
  readonly endpoint: Endpoint
  readonly registry: DialogRegistry
  readonly role: 'uac' | 'uas'
  readonly callId: string
  readonly local: NameAddr
  readonly remote: NameAddr
  readonly contact: NameAddr
  readonly target: Uri
  readonly routeSet: readonly NameAddr[]
  readonly state: DialogState
  readonly localSeq: number
  readonly remoteSeq: number | undefined
  /** The flow by which the peer was heard of, or over which the first request is to go. */
  readonly heardOn: Flow | undefined
  /** Answers the challenges to this end's requests. */
  readonly digest: DigestClient | undefined
}

// RFC 3261 §12.2, RFC 3311, RFC 6665 §4.4.1, RFC 3515 §2.4: these carry a Contact and move the remote target.
const REFRESHES_TARGET: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])

// RFC 3261 §12.1, RFC 6665 §4.4.1, RFC 3515 §2.4.4: a 2xx to one of these makes a dialog.
const FORMS_DIALOG: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER'])

/**
 * The state that two user agents share while they have something to say to each other: tags, CSeq numbers, the
 * peer's address and the way to it (RFC 3261 §12). What they say is the business of the usages in it.
 *
 * @see pjsip_dialog
 */
export class Dialog {
  readonly endpoint: Endpoint
  /** Whether this end sent the request that made the dialog. */
  readonly role: 'uac' | 'uas'
  readonly callId: string
  /** This end with its tag. */
  readonly local: NameAddr
  /** Where this end can be reached. */
  readonly contact: NameAddr
  readonly #registry: DialogRegistry
  readonly #digest: DigestClient | undefined
  readonly #usages: DialogUsage[] = []
  #state: DialogState
  #remote: NameAddr
  #target: Uri
  #routeSet: readonly NameAddr[]
  #localSeq: number
  #remoteSeq: number | undefined
  #heardOn: Flow | undefined

  constructor(init: DialogInit) {
    this.endpoint = init.endpoint
    this.#registry = init.registry
    this.#digest = init.digest
    this.role = init.role
    this.callId = init.callId
    this.local = init.local
    this.contact = init.contact
    this.#remote = init.remote
    this.#target = init.target
    this.#routeSet = init.routeSet
    this.#state = init.state
    this.#localSeq = init.localSeq
    this.#remoteSeq = init.remoteSeq
    this.#heardOn = init.heardOn
  }

  get state(): DialogState {
    return this.#state
  }

  get id(): DialogId {
    return { callId: this.callId, localTag: this.localTag, remoteTag: this.remoteTag }
  }

  get localTag(): string {
    return this.local.tag as string
  }

  get remoteTag(): string | undefined {
    return this.#remote.tag
  }

  /** The peer, with its tag once it has one. */
  get remote(): NameAddr {
    return this.#remote
  }

  /** The peer's Contact: where requests of this dialog go (RFC 3261 §12.2). */
  get remoteTarget(): Uri {
    return this.#target
  }

  get routeSet(): readonly NameAddr[] {
    return this.#routeSet
  }

  get usages(): readonly DialogUsage[] {
    return this.#usages
  }

  /**
   * Adds a usage; the dialog lasts at least as long as it stays. With the first one the dialog is there for the
   * peer's requests.
   *
   * @throws StateError when the last usage has gone before
   */
  attach(usage: DialogUsage): void {
    if (this.#state === 'terminated') throw new StateError(`the dialog ${this.callId} is terminated`)
    this.#usages.push(usage)
    this.#registry.add(this)
    if (this.#usages.length === 1) this.#show(undefined)
  }

  /** Takes a usage out; with the last one the dialog ends. */
  detach(usage: DialogUsage): void {
    const index = this.#usages.indexOf(usage)
    if (index < 0) return
    this.#usages.splice(index, 1)
    if (this.#usages.length > 0) return
    this.#registry.remove(this)
    this.#become('terminated')
  }

  /**
   * The dialog's next request: its CSeq number is taken now, so requests are sent in the order in which they are
   * created (RFC 3261 §12.2.1.1).
   *
   * @see pjsip_dlg_create_request
   */
  createRequest(method: Method, init: DialogRequestInit = {}): OutgoingRequest {
    return this.#build(method, ++this.#localSeq, init)
  }

  /**
   * The same request once more, as a new one of this dialog: with the next CSeq number, to where the peer is now.
   * For one that had to wait, or that the peer refused for a reason that is gone.
   */
  repeat(request: OutgoingRequest): OutgoingRequest {
    const { method, body } = request
    const { uri, route } = applyRouteSet(this.#target, this.#routeSet)
    const headers = request.headers.clone().delete(Via).setAll(Route, route)
    headers.set(To, this.#remote).set(CSeq, { seq: ++this.#localSeq, method })
    return new SipRequest({ method, uri, headers, body })
  }

  /**
   * Whether the peer refused a request only because a later one overtook it on the way (RFC 3261 §12.2.2). It may
   * be repeated then.
   */
  wasOvertaken({ message }: ReceivedResponse): boolean {
    return message.status === 500 && message.cseq.seq < this.#localSeq
  }

  /** The CSeq number of the latest request that was created. */
  get localSeq(): number {
    return this.#localSeq
  }

  /**
   * The ACK to a 2xx: not a new request of the dialog, it has the INVITE's number and credentials (RFC 3261
   * §13.2.2.4).
   *
   * @param invite as it was accepted: `ClientRequest.request`
   */
  createAck(
    invite: OutgoingRequest,
    init: Pick<DialogRequestInit, 'body' | 'headers'> = {},
  ): OutgoingRequest {
    const ack = this.#build('ACK', invite.cseq.seq, { ...init, contact: false })
    ack.headers.copy(invite.headers, Authorization).copy(invite.headers, ProxyAuthorization)
    return ack
  }

  /**
   * Sends a request of this dialog. Responses move the dialog (tag, target, route set) before `user` sees them. One
   * that is challenged goes out again with credentials and the dialog's next CSeq number, if there are any.
   *
   * To a peer that cannot be connected to, as a page cannot, it goes over the flow by which the peer was heard of
   * last (RFC 5626 §4.3, RFC 7118 Appendix B.1); when that is gone the request fails, until the peer is heard again.
   *
   * @see pjsip_dlg_send_request
   */
  send(request: OutgoingRequest, user: ClientRequestUser): ClientRequest {
    const watched: ClientRequestUser = {
      onClientRequest: (event: ClientRequestEvent, handle) => {
        if (event.type === 'response') this.#learn(request, event.received)
        user.onClientRequest(event, handle)
      },
    }
    const options = { ...this.#way, credentials: this.#digest, nextSeq: () => ++this.#localSeq }
    return this.endpoint.send(request, watched, options)
  }

  /**
   * Sends the ACK to a 2xx, the same way.
   *
   * @returns sends it again
   */
  sendAck(ack: OutgoingRequest): () => void {
    return this.endpoint.sendStateless(ack, this.#way)
  }

  get #way(): StatelessSendOptions {
    const { hop } = applyRouteSet(this.#target, this.#routeSet)
    return this.#state === 'null' ? { hop, flow: this.#heardOn } : { hop, heardOn: this.#heardOn }
  }

  /**
   * Takes a request that a usage was offered: opens its server transaction and learns what it says of the peer.
   */
  accept(received: ReceivedRequest, user: ServerTransactionUser): ServerTransaction {
    const { message } = received
    const transaction = this.endpoint.accept(received, user)
    if (this.#state === 'null') {
      this.#remoteSeq = message.cseq.seq
      this.#heardOn = received.flow
      this.#establish(message.from, uasRouteSet(message), 'confirmed')
    }
    return transaction
  }

  /**
   * A response to a request of this dialog, with this end's tag, and its Contact where that refreshes the target.
   * A 2xx is taken for sent: it moves the peer's target, which a request that is refused does not (RFC 3261
   * §12.2.2).
   *
   * @throws ArgumentError when a value cannot stand in a header
   */
  createResponse(received: ReceivedRequest, status: number, init: ResponseInit = {}): OutgoingResponse {
    const { message } = received
    const refreshes = REFRESHES_TARGET.has(message.method)
    const contact = refreshes && status > 100 && status < 300 ? this.contact : undefined
    const response = this.endpoint.createResponse(received, status, {
      contact,
      toTag: this.localTag,
      ...init,
    })
    if (refreshes && status >= 200 && status < 300) this.#moveTo(message.contact)
    return response
  }

  /** Answers a request at once, through a transaction that nobody needs to watch. */
  respond(received: ReceivedRequest, status: number, init: ResponseInit = {}): void {
    const transaction = this.accept(received, this.endpoint.unwatched)
    transaction.respond(this.createResponse(received, status, init))
  }

  /**
   * For the usage that answers the INVITE or SUBSCRIBE which made the dialog: a 2xx has gone out.
   */
  confirm(): void {
    if (this.#state === 'early') this.#become('confirmed')
  }

  /**
   * A further dialog that the same request made at another peer, as a forking proxy may bring about (RFC 3261
   * §12.1.2, §13.2.2.4). It has no usages yet.
   */
  fork(request: OutgoingRequest, received: ReceivedResponse): Dialog {
    const sibling = new Dialog({
      endpoint: this.endpoint,
      registry: this.#registry,
      role: this.role,
      callId: this.callId,
      local: this.local,
      remote: this.remote.withParam('tag', undefined),
      contact: this.contact,
      target: request.uri,
      routeSet: [],
      state: 'null',
      localSeq: request.cseq.seq,
      remoteSeq: undefined,
      heardOn: received.flow,
      digest: this.#digest,
    })
    sibling.#learn(request, received)
    return sibling
  }

  /**
   * For the dialog layer: a request of this dialog came in. True if a usage took it.
   */
  receive(received: ReceivedRequest): boolean {
    const { method, cseq } = received.message
    if (method === 'ACK') return this.#offer(received)
    // RFC 3261 §12.2.2: out of order.
    if (this.#remoteSeq !== undefined && cseq.seq < this.#remoteSeq) {
      this.endpoint.respond(received, 500, { reason: 'CSeq Out Of Order' })
      return true
    }
    // Before the peer has a tag it may be any branch of a fork, each with numbers of its own; see `accept`.
    if (this.#state !== 'null') {
      this.#remoteSeq = cseq.seq
      this.#heardOn = received.flow
    }
    return this.#offer(received)
  }

  #offer(received: ReceivedRequest): boolean {
    return [...this.#usages].some((usage) => usage.onDialog({ type: 'request', received }))
  }

  #build(method: Method, seq: number, init: DialogRequestInit): OutgoingRequest {
    const { uri, route } = applyRouteSet(this.#target, this.#routeSet)
    return createRequest({
      method,
      uri,
      route,
      from: this.local,
      to: this.#remote,
      callId: this.callId,
      seq,
      contact: (init.contact ?? REFRESHES_TARGET.has(method)) ? this.contact : undefined,
      headers: init.headers,
      body: init.body,
    })
  }

  #learn(request: OutgoingRequest, received: ReceivedResponse): void {
    const { status, to, contact } = received.message
    if (status <= 100 || status >= 300) return
    if (request.to.tag === undefined) this.#learnPeer(request, received)
    else if (status >= 200 && to.tag === this.remoteTag && REFRESHES_TARGET.has(request.method)) {
      this.#moveTo(contact)
    }
    if (to.tag === this.remoteTag && this.#state !== 'null') this.#heardOn = received.flow
  }

  // RFC 3261 §12.1.2 and §13.2.2.4: an early dialog's route set and target are taken anew from the 2xx; a 2xx that
  // comes again, or from another branch, changes nothing. A peer without a tag (RFC 2543) shows with its 2xx.
  #learnPeer({ method }: OutgoingRequest, { message }: ReceivedResponse): void {
    const { status, to, contact } = message
    const success = status >= 200
    if (!FORMS_DIALOG.has(method) || (to.tag === undefined && !success)) return
    const known = this.#state !== 'null'
    if (known && !(this.#state === 'early' && success && to.tag === this.remoteTag)) return
    this.#establish(to, uacRouteSet(message), success ? 'confirmed' : 'early')
    this.#moveTo(contact)
  }

  #moveTo(contact: NameAddr | undefined): void {
    if (contact !== undefined) this.#target = contact.uri
  }

  #establish(remote: NameAddr, routeSet: readonly NameAddr[], state: 'early' | 'confirmed'): void {
    this.#registry.remove(this)
    this.#remote = remote
    this.#routeSet = routeSet
    this.#become(state)
    if (this.#usages.length > 0) this.#registry.add(this)
  }

  #become(state: DialogState): void {
    const from = this.#state
    this.#state = state
    this.#show(from)
  }

  // Only what lives; a branch of a fork that nobody uses is nothing to be seen.
  #show(from: DialogState | undefined): void {
    if (this.#usages.length === 0 && this.#state !== 'terminated') return
    this.endpoint.diagnostics.publish(dialogDiagnostic, () => ({ dialog: this, from, to: this.#state }))
  }
}
