import {
  type Doings,
  Emitter,
  type ExtraHeaders,
  type NameAddr,
  type OutgoingRequest,
  type ReceivedRequest,
  RejectedError,
  type ResponseInit,
  type SipError,
  SipRequest,
  StateError,
  sdpBody,
  TableMachine,
} from 'sip-core'
import {
  type Cause,
  type Dialog,
  type DialogEvent,
  type DialogUsage,
  describeCause,
  failureCause,
} from '../dialog/index.ts'
import {
  CALL_STATES,
  type CallState,
  INVITE_TABLE,
  type InviteAction,
  type InviteInput,
  type InviteState,
} from './invite.fsm.ts'
import { InviteClient, type InviteClientEvent } from './invite-client.ts'
import { InviteServer, type InviteServerEvent } from './invite-server.ts'
import { type IncomingReinvite, ReinviteMachine } from './reinvite.ts'
import { sdpOf } from './sdp.ts'

/** How a call is placed. */
export interface InviteInit {
  /** The offer; without one the peer is asked for its own. */
  readonly sdp?: string | undefined
  readonly headers?: ExtraHeaders | undefined
}

/** How a call is ended. What does not fit the state it is in is not sent. */
export interface EndInit {
  /** The status with which a call that has not been accepted is refused; default 480. */
  readonly status?: number
  readonly reason?: string
}

/** What happens to a call. */
export interface InviteSessionEvents {
  /** The call is in a new state. */
  state: [state: CallState, cause: Cause]
  /** A provisional response above 100 came. */
  progress: [status: number, reason: string]
  /** The peer wants to change the call. With no listener it is refused with 488, and the call stays as it is. */
  reinvite: [reinvite: IncomingReinvite]
  /** The peer's session description is new. */
  'remote-sdp': [sdp: string]
}

/**
 * A call: what an INVITE sets up in a dialog and a BYE ends (RFC 3261 §13 to §15).
 *
 * Made by `UserAgent.invite`, or handed out by an `IncomingInvite`.
 *
 * @see pjsip_inv_session
 */
export class InviteSession extends Emitter<InviteSessionEvents> implements DialogUsage {
  readonly name = 'invite'
  /** Whether this end called or was called. */
  readonly role: 'uac' | 'uas'
  readonly #machine: TableMachine<InviteState, InviteInput, InviteAction>
  readonly #established = new Deferred<void>()
  readonly #ended = new Deferred<Cause>()
  // One of the two, by the role.
  readonly #client: InviteClient | undefined
  readonly #server: InviteServer | undefined
  #dialog: Dialog
  #reinvites: ReinviteMachine
  #announced: CallState = 'null'
  #localSdp: string | undefined
  #remoteSdp: string | undefined
  #giveUp: () => void = () => {}

  private constructor(dialog: Dialog, invite: OutgoingRequest | ReceivedRequest) {
    super()
    this.#dialog = dialog
    this.#reinvites = this.#reinvitesOf(dialog)
    this.#machine = new TableMachine(INVITE_TABLE, 'null', this.#actions())
    if (invite instanceof SipRequest) {
      this.role = 'uac'
      this.#client = new InviteClient(dialog, invite, (event) => this.#onClient(event))
    } else {
      this.role = 'uas'
      this.#server = new InviteServer(dialog, invite, (event) => this.#onServer(event))
    }
    dialog.attach(this)
  }

  /**
   * Places a call in a new dialog.
   *
   * @throws ArgumentError when a header cannot be sent
   * @see pjsip_inv_create_uac, pjsip_inv_invite
   */
  static invite(dialog: Dialog, init: InviteInit = {}): InviteSession {
    const body = init.sdp === undefined ? undefined : sdpBody(init.sdp)
    const request = dialog.createRequest('INVITE', { headers: init.headers, body })
    dialog.endpoint.capabilities.describe(request.headers)
    const session = new InviteSession(dialog, request)
    session.#localSdp = init.sdp
    session.#take('invite', { type: 'local' })
    return session
  }

  /**
   * Takes a received INVITE in the dialog that it makes; from then on it is for `ring`, `accept` or `reject`.
   *
   * @see pjsip_inv_create_uas
   */
  static answer(dialog: Dialog, received: ReceivedRequest): InviteSession {
    const session = new InviteSession(dialog, received)
    session.#remoteSdp = sdpOf(received.message)
    session.#take('arrived', { type: 'request', request: received.message })
    return session
  }

  get state(): CallState {
    return CALL_STATES[this.#machine.state]
  }

  /** The dialog of the call; while it rings at several places it may still become another. */
  get dialog(): Dialog {
    return this.#dialog
  }

  /** The other end. */
  get remote(): NameAddr {
    return this.#dialog.remote
  }

  /** This end's session description as last sent. */
  get localSdp(): string | undefined {
    return this.#localSdp
  }

  /** The peer's session description as last received. */
  get remoteSdp(): string | undefined {
    return this.#remoteSdp
  }

  /**
   * Resolves when the call is up. Rejects when it ends before that: with a `RejectedError` holding the peer's
   * response, a `TimeoutError`, a `TransportError`, or a `StateError` when one of the two ends gave it up.
   */
  get established(): Promise<void> {
    return this.#established.promise
  }

  /** Resolves when the call is over, with why; never rejects. */
  get ended(): Promise<Cause> {
    return this.#ended.promise
  }

  /**
   * Sends a provisional response, 180 by default. Does nothing when the call has ended meanwhile.
   *
   * @throws StateError when the call is not an incoming one waiting for an answer
   */
  ring(status = 180, init: ResponseInit = {}): void {
    this.#respond('ring', status, init)
  }

  /**
   * Accepts with 200. Does nothing when the call has ended meanwhile, as a caller may hang up at any time.
   *
   * @param init.sdp the answer to the caller's offer, or the offer if it made none
   * @throws StateError when the call is not an incoming one waiting for an answer
   */
  accept(
    init: { readonly sdp?: string | undefined; readonly headers?: ExtraHeaders | undefined } = {},
  ): void {
    const body = init.sdp === undefined ? undefined : sdpBody(init.sdp)
    this.#respond('accept', 200, { headers: init.headers, body })
    this.#localSdp = init.sdp
  }

  /**
   * Refuses an incoming call with a final response, 603 by default. Does nothing when it has ended meanwhile.
   *
   * @param status 300 to 699
   * @throws StateError when the call is not an incoming one waiting for an answer
   */
  reject(status = 603, init: ResponseInit = {}): void {
    if (status < 300) throw new StateError(`a call is refused with a status from 300 to 699, not ${status}`)
    this.#respond('reject', status, init)
  }

  /**
   * Ends the call whatever state it is in: CANCEL, a final response, or BYE, as soon as the protocol allows it.
   * Does nothing if it is ending already.
   *
   * @returns resolves when the call is over
   * @see pjsip_inv_end_session
   */
  async end(init: EndInit = {}): Promise<void> {
    const { status = 480, reason } = init
    this.#take('end', { type: 'local' }, { 'send-response': () => this.#server?.respond(status, { reason }) })
    if (this.state !== 'null') await this.ended
  }

  /**
   * Changes the call by INVITE within it (RFC 3261 §14).
   *
   * @returns the peer's answer
   * @throws StateError (rejects) when the call is not up, another change is under way, or it ends meanwhile
   * @throws RejectedError (rejects) when the peer refuses; the call stays as it was
   * @see pjsip_inv_reinvite
   */
  async reinvite(init: { readonly sdp: string }): Promise<string | undefined> {
    if (this.#machine.state !== 'confirmed')
      throw new StateError(`a call that is ${this.state} cannot be changed`)
    return this.#reinvites.send(init.sdp)
  }

  onDialog({ received }: DialogEvent): boolean {
    const { message } = received
    const cause: Cause = { type: 'request', request: message }
    switch (message.method) {
      case 'INVITE':
        // The peer believes the call to be up before this end does: its ACK was lost or is late.
        if (this.#machine.state !== 'confirmed') this.#dialog.respond(received, 491)
        else this.#reinvites.arrived(received)
        return true
      case 'ACK':
        return this.#onAck(received, cause)
      case 'BYE':
        return this.#take('bye', cause, { 'answer-bye': () => this.#dialog.respond(received, 200) })
      default:
        return false
    }
  }

  #actions(): Doings<InviteAction> {
    return {
      'send-invite': () => this.#client?.send(),
      'send-cancel': () => this.#client?.cancel(),
      'drop-invite': () => this.#client?.terminate(),
      refuse: () => this.#server?.respond(487),
      'limit-cancel': () => this.#limitCancel(),
      'send-bye': () => this.#sendBye(),
    }
  }

  #onClient(event: InviteClientEvent): void {
    if (event.type === 'lost') {
      this.#take('lost', failureCause(event.error))
      return
    }
    const response = event.received.message
    const cause: Cause = { type: 'response', response }
    const sdp = sdpOf(response)
    switch (event.type) {
      case 'progress':
        this.#take(response.status === 100 ? '100' : '1xx', cause)
        if (this.state !== 'early') return
        this.emit('progress', response.status, response.reason)
        this.#learnSdp(sdp)
        break
      case 'success':
        this.#moveTo(event.dialog)
        this.#take('2xx', cause, { 'send-ack': () => this.#client?.acknowledge(event.dialog) })
        this.#learnSdp(sdp)
        break
      case 'failure':
        this.#take('failure', cause)
        break
    }
  }

  #onServer(event: InviteServerEvent): void {
    if (event.type === 'cancelled')
      this.#take('cancelled', { type: 'request', request: event.received.message })
    else this.#take('no-ack', failureCause(event.error))
  }

  #onAck(received: ReceivedRequest, cause: Cause): boolean {
    if (this.#reinvites.acknowledged(received)) return true
    if (this.#server?.received.message.cseq.seq !== received.message.cseq.seq) return false
    this.#server.acknowledged()
    this.#take('ack', cause)
    this.#learnSdp(sdpOf(received.message))
    return true
  }

  #respond(input: 'ring' | 'accept' | 'reject', status: number, init: ResponseInit): void {
    if (this.state === 'disconnected') return
    const respond = () => {
      this.#server?.respond(status, init)
      if (input === 'accept') this.#dialog.confirm()
    }
    if (this.#take(input, { type: 'local' }, { 'send-response': respond })) return
    throw new StateError(
      `'${input}' is for an incoming call that waits for an answer; this one is ${this.state}`,
    )
  }

  #take(input: InviteInput, cause: Cause, doings: Doings<InviteAction> = {}): boolean {
    const meant = this.#machine.take(input, doings)
    this.#announce(cause)
    return meant
  }

  // After the actions, so that what a listener does comes after them; an action may have led further already.
  #announce(cause: Cause): void {
    const { state } = this
    if (state === this.#announced) return
    this.#announced = state
    if (state === 'disconnected') this.#close()
    this.emit('state', state, cause)
    if (state === 'confirmed') this.#established.resolve()
    if (state === 'disconnected') {
      this.#established.reject(endError(cause))
      this.#ended.resolve(cause)
    }
  }

  #close(): void {
    this.#giveUp()
    this.#server?.acknowledged()
    this.#reinvites.ended()
    this.#dialog.detach(this)
  }

  #sendBye(): void {
    this.#reinvites.ended()
    let last: Cause = { type: 'local' }
    this.#dialog.send(this.#dialog.createRequest('BYE'), {
      onClientRequest: (event) => {
        if (event.type === 'response' && event.received.message.status >= 200) this.#take('bye-done', last)
        else if (event.type === 'failed') last = failureCause(event.error)
        else if (event.type === 'terminated') this.#take('bye-done', last)
      },
    })
  }

  // RFC 3261 §9.1: 64*T1 after the CANCEL the INVITE is taken for cancelled, answered or not.
  #limitCancel(): void {
    const { clock, timers } = this.#dialog.endpoint
    const timer = clock.setTimer(64 * timers.T1, () => this.#take('give-up', { type: 'local' }))
    this.#giveUp = () => timer.cancel()
  }

  // The branch of a fork that accepted may be another than the one that rang.
  #moveTo(dialog: Dialog): void {
    if (dialog === this.#dialog) return
    const former = this.#dialog
    this.#dialog = dialog
    this.#reinvites = this.#reinvitesOf(dialog)
    dialog.attach(this)
    former.detach(this)
  }

  #reinvitesOf(dialog: Dialog): ReinviteMachine {
    return new ReinviteMachine(dialog, (event) => {
      switch (event.type) {
        case 'asked':
          if (!this.emit('reinvite', event.reinvite)) event.reinvite.reject()
          break
        case 'agreed':
          this.#localSdp = event.local ?? this.#localSdp
          this.#learnSdp(event.remote)
          break
        case 'gone':
          this.#take('gone', event.cause)
          break
      }
    })
  }

  #learnSdp(sdp: string | undefined): void {
    if (sdp === undefined || sdp === this.#remoteSdp) return
    this.#remoteSdp = sdp
    this.emit('remote-sdp', sdp)
  }
}

function endError(cause: Cause): SipError {
  switch (cause.type) {
    case 'response':
      return new RejectedError(cause.response)
    case 'timeout':
    case 'transport-error':
      return cause.error
    default:
      return new StateError(`the call ended before it was up: ${describeCause(cause)}`)
  }
}

/** A promise to be settled from outside, which nobody is obliged to watch. */
class Deferred<T> {
  readonly promise: Promise<T>
  resolve!: (value: T) => void
  reject!: (error: Error) => void

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.promise.catch(() => {})
  }
}
