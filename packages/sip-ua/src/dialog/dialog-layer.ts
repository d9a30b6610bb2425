import {
  type DigestClient,
  type Endpoint,
  type EndpointModule,
  type Flow,
  ModulePriority,
  type NameAddr,
  type Received,
  type ReceivedRequest,
  SipError,
  StateError,
  type Uri,
  verifyRequest,
} from 'sip-core'
import { Dialog, type DialogRegistry } from './dialog.ts'
import { uasRemoteTarget } from './remote-target.ts'
import { asIdentity, asRequestUri, uasRouteSet } from './route-set.ts'

/** What a dialog starts with at the end that sends the first request. */
export interface UacDialogInit {
  /** This end; a tag is added. */
  readonly local: NameAddr
  /** The other end; what of it says who it is goes into To. */
  readonly remote: NameAddr
  /** Where the first request goes, its Request-URI; default: the URI of `remote`. */
  readonly target?: Uri
  /** Where this end can be reached; default `endpoint.contact` for the target, with the user of `local`. */
  readonly contact?: NameAddr
  /** Routes the first request, as a preset route set does (RFC 3261 §8.1.2). */
  readonly route?: readonly NameAddr[]
  /**
   * Sends the first request over this flow, and later ones if the peer cannot be connected to: for a peer that is
   * known by the connection it has opened, as a page is.
   */
  readonly flow?: Flow | undefined
  /**
   * Answers the challenges to requests of the dialog. One client for each dialog: credentials are not to be carried
   * from one to another (RFC 3261 §22.3). Default: challenges are the outcome.
   */
  readonly digest?: DigestClient | undefined
}

/** What a dialog starts with at the end that receives the first request. */
export type UasDialogInit = Pick<UacDialogInit, 'contact' | 'digest'>

const layers = new WeakMap<Endpoint, DialogLayer>()

/**
 * All dialogs of an endpoint: finds the one a request belongs to.
 *
 * @see pjsip_ua_init_module
 */
export class DialogLayer implements EndpointModule, DialogRegistry {
  readonly name = 'dialogs'
  readonly priority = ModulePriority.dialog
  readonly endpoint: Endpoint
  readonly #dialogs = new Map<string, Dialog>()

  private constructor(endpoint: Endpoint) {
    this.endpoint = endpoint
  }

  /** The endpoint's dialog layer; put in place by the first who asks. */
  static of(endpoint: Endpoint): DialogLayer {
    let layer = layers.get(endpoint)
    if (layer === undefined) {
      layer = new DialogLayer(endpoint)
      layers.set(endpoint, layer)
      endpoint.use(layer)
    }
    return layer
  }

  /** How many dialogs are alive: those with a usage. */
  get size(): number {
    return this.#dialogs.size
  }

  /**
   * A dialog whose first request this end will send. It is alive once a usage is attached to it.
   *
   * @throws SipError `SIP_LIMIT` when the endpoint has as many as it may
   * @see pjsip_dlg_create_uac
   */
  createUac(init: UacDialogInit): Dialog {
    this.#assertRoom()
    const { endpoint } = this
    const target = asRequestUri(init.target ?? init.remote.uri)
    return new Dialog({
      endpoint,
      registry: this,
      role: 'uac',
      callId: endpoint.token(24),
      local: asIdentity(init.local).withParam('tag', endpoint.token()),
      remote: asIdentity(init.remote).withParam('tag', undefined),
      contact: init.contact ?? endpoint.contact(init.local.uri, target, { heardOn: init.flow }),
      target,
      routeSet: init.route ?? [],
      state: 'null',
      localSeq: 0,
      remoteSeq: undefined,
      heardOn: init.flow,
      digest: init.digest,
    })
  }

  /**
   * The dialog that a received request makes once it is answered (RFC 3261 §12.1.1). It is alive once a usage is
   * attached to it.
   *
   * @throws StateError when the request is within a dialog already, or lacks the tag or Contact that a dialog needs
   * @throws SipError `SIP_LIMIT` when the endpoint has as many as it may: where a request is taken this is left to
   *   the endpoint, which answers with 503
   * @see pjsip_dlg_create_uas_and_inc_lock
   */
  createUas(received: ReceivedRequest, init: UasDialogInit = {}): Dialog {
    const { message } = received
    const { from, to, callId, cseq } = message
    const target = uasRemoteTarget(message)
    if (to.tag !== undefined)
      throw new StateError('the request belongs to a dialog already: its To has a tag')
    if (target === undefined) throw new StateError(`the ${message.method} makes no dialog: it has no Contact`)
    this.#assertRoom()
    return new Dialog({
      endpoint: this.endpoint,
      registry: this,
      role: 'uas',
      callId,
      local: to.withParam('tag', this.endpoint.token()),
      remote: from,
      contact: init.contact ?? this.endpoint.contact(to.uri, target, { heardOn: received.flow }),
      target,
      routeSet: uasRouteSet(message),
      state: 'early',
      localSeq: 0,
      remoteSeq: cseq.seq,
      heardOn: received.flow,
      digest: init.digest,
    })
  }

  /** The dialog with this id, if it is alive. */
  find(callId: string, localTag: string, remoteTag: string | undefined): Dialog | undefined {
    return this.#dialogs.get(key(callId, localTag, remoteTag))
  }

  receive(received: Received): boolean {
    if (received.type === 'response') return false
    const { message } = received
    const { method, callId, to, from } = message
    if (to.tag === undefined || method === 'CANCEL') return false
    const dialog =
      this.find(callId, to.tag, from.tag) ??
      // RFC 6665 §4.1.2.4: a NOTIFY may come before the response that gives the peer's tag.
      (method === 'NOTIFY' ? this.find(callId, to.tag, undefined) : undefined)
    if (dialog === undefined) return false
    const refusal = verifyRequest(message, this.endpoint.capabilities)
    if (refusal !== undefined && method !== 'ACK') {
      this.endpoint.respond(received, refusal.status, refusal)
      return true
    }
    if (dialog.receive(received)) return true
    if (method !== 'OPTIONS') return false
    this.endpoint.answerOptions(received)
    return true
  }

  // A fork's further dialogs come on top; they end as soon as they are made (RFC 3261 §13.2.2.4).
  #assertRoom(): void {
    if (this.size < this.endpoint.limits.dialogs) return
    throw new SipError('SIP_LIMIT', `${this.size} dialogs are alive: no room for another`)
  }

  /** For dialogs: be found from now on. */
  add(dialog: Dialog): void {
    this.#dialogs.set(key(dialog.callId, dialog.localTag, dialog.remoteTag), dialog)
  }

  /** For dialogs: be found no more. */
  remove(dialog: Dialog): void {
    const place = key(dialog.callId, dialog.localTag, dialog.remoteTag)
    if (this.#dialogs.get(place) === dialog) this.#dialogs.delete(place)
  }
}

// RFC 3261 §19.3, §20.8: tags and Call-ID are compared byte by byte; none of them holds a blank. A peer without
// a tag (RFC 2543) stands like one that has not answered.
function key(callId: string, localTag: string, remoteTag: string | undefined): string {
  return `${callId} ${localTag} ${remoteTag ?? ''}`
}
