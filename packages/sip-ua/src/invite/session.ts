import {
  ArgumentError,
  type Doings,
  defineDiagnostic,
  Emitter,
  type NameAddr,
  type OutgoingRequest,
  type ReceivedRequest,
  type ResponseInit,
  SipRequest,
  StateError,
  sdpBody,
  TableMachine,
} from 'sip-core'
import { type Cause, type Dialog, type DialogEvent, type DialogUsage, failureCause } from '../dialog/index.ts'
import { sendBye } from './bye.ts'
import {
  CALL_STATES,
  type CallState,
  INVITE_TABLE,
  type InviteAction,
  type InviteInput,
  type InviteState,
} from './invite.fsm.ts'
import { type Answerer, InviteClient, type InviteClientEvent } from './invite-client.ts'
import { InviteServer, type InviteServerEvent } from './invite-server.ts'
import { Outcome } from './outcome.ts'
import { assertRefusal, refuseBusy, refuseGlare } from './refusal.ts'
import { type ReinviteEvent, ReinviteMachine } from './reinvite.ts'
import { sdpOf } from './sdp.ts'
import type { AcceptInit, EndInit, InviteInit, InviteSessionEvents } from './session-types.ts'
import { Turns } from './turns.ts'

/** A step in the life of a call. */
export interface CallStep {
  readonly call: InviteSession
  readonly from: CallState
  readonly to: CallState
  /** Why. */
  readonly cause: Cause
}

/** Shows calls that change their state, before their own events: `endpoint.diagnostics.on(callDiagnostic, ...)`. */
export const callDiagnostic = defineDiagnostic<CallStep>('call')

const LOCAL: Cause = { type: 'local' }

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
  readonly #reinvites: ReinviteMachine
  readonly #outcome = new Outcome()
  readonly #turns = new Turns()
  // One of the two, by the role.
  readonly #client: InviteClient | undefined
  readonly #server: InviteServer | undefined
  #dialog: Dialog
  #announced: CallState = 'null'
  #localSdp: string | undefined
  #remoteSdp: string | undefined

  private constructor(dialog: Dialog, invite: OutgoingRequest | ReceivedRequest, answerer?: Answerer) {
    super()
    this.#dialog = dialog
    this.#machine = new TableMachine(INVITE_TABLE, 'null', this.#actions())
    this.#reinvites = new ReinviteMachine(
      () => this.#dialog,
      (event) => this.#onReinvite(event),
    )
    if (invite instanceof SipRequest) {
      this.role = 'uac'
      this.#client = new InviteClient(dialog, invite, (event) => this.#onClient(event), answerer)
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
    const session = new InviteSession(dialog, request, init.answer)
    session.#localSdp = init.sdp
    session.#take('invite', LOCAL)
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
   * Resolves when the call is up. Rejects when it begins to end before that: with a `RejectedError` holding the peer's
   * response, a `TimeoutError`, a `TransportError`, or a `StateError` when one of the two ends gave it up.
   */
  get established(): Promise<void> {
    return this.#outcome.established
  }

  /**
   * Resolves when the call is over, with why it began to end; never rejects. How its last message fared, a BYE that
   * nobody answered for instance, the last `state` event says.
   */
  get ended(): Promise<Cause> {
    return this.#outcome.ended
  }

  /**
   * Sends a provisional response, 180 by default, and repeats it every minute (RFC 3261 §13.3.1.1). Does nothing
   * when the call has ended meanwhile.
   *
   * @param status 101 to 199
   * @throws StateError when the call is not an incoming one waiting for an answer
   * @throws ArgumentError for another status, or a value that cannot stand in a header
   */
  ring(status = 180, init: ResponseInit = {}): void {
    if (!(status > 100 && status < 200)) {
      throw new ArgumentError(`a call rings with a status from 101 to 199, not ${status}`)
    }
    this.#respond('ring', status, init)
  }

  /**
   * Accepts with 200. Does nothing when the call has ended meanwhile, as a caller may hang up at any time.
   *
   * @throws StateError when the call is not an incoming one waiting for an answer
   * @throws ArgumentError for a header that cannot be sent; the call still waits
   */
  accept({ sdp, headers }: AcceptInit = {}): void {
    const body = sdp === undefined ? undefined : sdpBody(sdp)
    this.#respond('accept', 200, { headers, body }, () => {
      this.#dialog.confirm()
      this.#localSdp = sdp
    })
  }

  /**
   * Refuses an incoming call with a final response, 603 by default. Does nothing when it has ended meanwhile.
   *
   * @param status 300 to 699
   * @throws StateError when the call is not an incoming one waiting for an answer
   * @throws ArgumentError for another status, or a value that cannot stand in a header; the call still waits
   */
  reject(status = 603, init: ResponseInit = {}): void {
    assertRefusal(status)
    this.#respond('reject', status, init)
  }

  /**
   * Ends the call whatever state it is in: CANCEL, a final response, or BYE, as soon as the protocol allows it.
   * Does nothing if it is ending already.
   *
   * @returns resolves when the call is over
   * @throws ArgumentError (rejects) for a status that refuses nothing; the call goes on
   * @see pjsip_inv_end_session
   */
  async end({ status = 480, reason }: EndInit = {}): Promise<void> {
    assertRefusal(status)
    this.#answer('end', status, { reason })
    await this.ended
  }

  /**
   * Changes the call by INVITE within it (RFC 3261 §14).
   *
   * @returns the peer's answer
   * @throws StateError (rejects) when the call is not up, another change is under way, or it ends meanwhile
   * @throws RejectedError (rejects) when the peer refuses; the call stays as it was. After 491, when both ends have
   *   asked at a time, it may be tried again: by whoever placed the call after 2.1 to 4 seconds, by the other end
   *   after 0 to 2 seconds, drawn at random (RFC 3261 §14.1)
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
        return this.#take('reinvite', cause, {
          'take-reinvite': () => this.#reinvites.arrived(received),
          'refuse-glare': () => refuseGlare(this.#dialog, received),
          'refuse-busy': () => refuseBusy(this.#dialog, received),
        })
      case 'ACK':
        return this.#reinvites.acknowledged(received) || this.#acknowledged(received, cause)
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
      withdraw: () => this.#client?.withdraw(),
      refuse: () => this.#server?.send(this.#server.createResponse(487)),
      'send-bye': () => {
        this.#reinvites.ended()
        sendBye(this.#dialog, (cause) => this.#take('bye-done', cause))
      },
    }
  }

  #onClient(event: InviteClientEvent): void {
    if (event.type === 'lost') {
      this.#take('lost', failureCause(event.error))
      return
    }
    const response = event.received.message
    const { status, reason } = response
    const cause: Cause = { type: 'response', response }
    switch (event.type) {
      case 'progress':
        this.#take(status === 100 ? '100' : '1xx', cause, {}, sdpOf(response))
        if (status > 100 && this.state === 'early')
          this.#turns.add(() => this.emit('progress', status, reason))
        break
      case 'success':
        this.#moveTo(event.dialog)
        this.#localSdp = event.answer ?? this.#localSdp
        this.#take('2xx', cause, {}, sdpOf(response))
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

  #onReinvite(event: ReinviteEvent): void {
    switch (event.type) {
      case 'asked':
        this.#turns.add(() => {
          if (!this.emit('reinvite', event.reinvite)) event.reinvite.reject()
        })
        break
      case 'agreed':
        this.#localSdp = event.local ?? this.#localSdp
        this.#announce(LOCAL, event.remote)
        break
      case 'gone':
        this.#take('gone', event.cause)
        break
    }
  }

  #acknowledged({ message }: ReceivedRequest, cause: Cause): boolean {
    if (this.#server?.received.message.cseq.seq !== message.cseq.seq) return false
    // It may bring the answer to an offer that went out in the 2xx.
    if (this.#take('ack', cause, {}, sdpOf(message))) this.#server.acknowledged()
    return true
  }

  #respond(input: 'ring' | 'accept' | 'reject', status: number, init: ResponseInit, sent?: () => void): void {
    if (this.state === 'disconnected' || this.#answer(input, status, init, sent)) return
    throw new StateError(
      `'${input}' is for an incoming call that waits for an answer; this one is ${this.state}`,
    )
  }

  // The response is made first: when it cannot be, nothing has happened yet.
  #answer(input: InviteInput, status: number, init: ResponseInit, sent?: () => void): boolean {
    const response = this.#server?.createResponse(status, init)
    return this.#take(input, LOCAL, {
      'send-response': () => {
        if (response !== undefined) this.#server?.send(response)
        sent?.()
      },
    })
  }

  #take(input: InviteInput, cause: Cause, doings: Doings<InviteAction> = {}, remoteSdp?: string): boolean {
    if (!this.#machine.take(input, doings)) return false
    this.#announce(cause, remoteSdp)
    return true
  }

  // After the actions, so that what a listener does comes after them; an action may have led further already.
  #announce(cause: Cause, remoteSdp: string | undefined): void {
    const { state } = this
    const news: (() => void)[] = []
    if (state !== this.#announced) {
      const from = this.#announced
      this.#announced = state
      this.#dialog.endpoint.diagnostics.publish(callDiagnostic, () => ({
        call: this,
        from,
        to: state,
        cause,
      }))
      if (state === 'disconnected') this.#close()
      this.#outcome.note(state, cause)
      news.push(() => this.emit('state', state, cause))
    }
    if (remoteSdp !== undefined && remoteSdp !== this.#remoteSdp) {
      this.#remoteSdp = remoteSdp
      news.push(() => this.emit('remote-sdp', remoteSdp))
    }
    this.#turns.add(...news)
  }

  #close(): void {
    this.#server?.acknowledged()
    this.#reinvites.ended()
    this.#dialog.detach(this)
  }

  // The branch of a fork that accepted may be another than the one that rang.
  #moveTo(dialog: Dialog): void {
    if (dialog === this.#dialog) return
    const former = this.#dialog
    this.#dialog = dialog
    dialog.attach(this)
    former.detach(this)
  }
}
