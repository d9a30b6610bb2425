import {
  type ReceivedRequest,
  RejectedError,
  type ResponseInit,
  StateError,
  sdpBody,
  TableMachine,
  TimeoutError,
} from 'sip-core'
import { type Cause, type Dialog, failureCause } from '../dialog/index.ts'
import { InviteClient, type InviteClientEvent } from './invite-client.ts'
import { InviteServer, type InviteServerEvent } from './invite-server.ts'
import { assertRefusal, refuseBusy, refuseGlare, verifyBody } from './refusal.ts'
import {
  REINVITE_TABLE,
  type ReinviteAction,
  type ReinviteInput,
  type ReinviteState,
} from './reinvite.fsm.ts'
import { sdpOf } from './sdp.ts'

/** The peer's wish to change a call that is up (RFC 3261 §14.2). It is answered with one of the two. */
export interface IncomingReinvite {
  readonly received: ReceivedRequest
  /** The peer's offer; undefined when it asks this end for one. */
  readonly sdp: string | undefined
  /** Agrees, with 200. Does nothing when the wish was taken back or the call has ended meanwhile. */
  accept(init: { readonly sdp: string }): void
  /**
   * Refuses, with 488 by default; the call stays as it was. Does nothing in the cases in which `accept` does not.
   *
   * @param status 300 to 699
   * @throws ArgumentError for another status
   */
  reject(status?: number, init?: ResponseInit): void
}

/** What the re-INVITEs of a call tell it. */
export type ReinviteEvent =
  | { readonly type: 'asked'; readonly reinvite: IncomingReinvite }
  /** Both ends have agreed; an end whose description is undefined has sent none (yet). */
  | { readonly type: 'agreed'; readonly local?: string | undefined; readonly remote: string | undefined }
  /** The peer never answered or acknowledged, or does not know the call any more: it cannot go on. */
  | { readonly type: 'gone'; readonly cause: Cause }

/** Changes of a call that is up: runs `REINVITE_TABLE`. */
export class ReinviteMachine {
  readonly #dialog: () => Dialog
  readonly #user: (event: ReinviteEvent) => void
  readonly #machine: TableMachine<ReinviteState, ReinviteInput, ReinviteAction>
  // The latest of each kind; what earlier ones still tell does not matter any more.
  #client: InviteClient | undefined
  #server: InviteServer | undefined
  #settle: { resolve(sdp: string | undefined): void; reject(error: Error): void } | undefined

  /** @param dialog the call's dialog, asked for when it is needed */
  constructor(dialog: () => Dialog, user: (event: ReinviteEvent) => void) {
    this.#dialog = dialog
    this.#user = user
    this.#machine = new TableMachine(REINVITE_TABLE, 'idle', {
      limit: () => this.#client?.limit(),
      refuse: () => this.#server?.send(this.#server.createResponse(487)),
    })
  }

  /**
   * Offers a change; resolves with the peer's answer.
   *
   * @throws StateError (rejects) while another change is under way, or when the call ends meanwhile
   * @throws RejectedError (rejects) when the peer refuses
   */
  async send(sdp: string): Promise<string | undefined> {
    if (this.#machine.state !== 'idle') throw new StateError('a change of the call is under way already')
    const dialog = this.#dialog()
    const request = dialog.createRequest('INVITE', { body: sdpBody(sdp) })
    dialog.endpoint.capabilities.describe(request.headers)
    const client = new InviteClient(dialog, request, (event) => {
      if (this.#client === client) this.#onClient(event, sdp)
    })
    this.#client = client
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#machine.take('send', { 'send-invite': () => client.send() })
    })
  }

  /** A re-INVITE came. */
  arrived(received: ReceivedRequest): void {
    const refusal = verifyBody(received.message, this.#dialog().endpoint.capabilities)
    if (refusal !== undefined) return this.#dialog().respond(received, refusal.status, refusal)
    this.#machine.take('arrived', {
      ask: () => this.#ask(received),
      'refuse-glare': () => refuseGlare(this.#dialog(), received),
      'refuse-busy': () => refuseBusy(this.#dialog(), received),
    })
  }

  /** An ACK came; false if it is not for the latest re-INVITE. */
  acknowledged({ message }: ReceivedRequest): boolean {
    if (this.#server === undefined || message.cseq.seq !== this.#server.received.message.cseq.seq)
      return false
    this.#server.acknowledged()
    // It may bring the answer to an offer that went out in the 2xx.
    if (this.#machine.take('ack')) this.#user({ type: 'agreed', remote: sdpOf(message) })
    return true
  }

  /** The call ends or has ended: nothing stays open. */
  ended(): void {
    this.#server?.acknowledged()
    this.#machine.take('ended', { fail: () => this.#settle?.reject(new StateError('the call has ended')) })
  }

  #onClient(event: InviteClientEvent, local: string): void {
    switch (event.type) {
      case 'progress':
        break
      case 'success': {
        const remote = sdpOf(event.received.message)
        this.#machine.take('2xx', {
          succeed: () => {
            this.#user({ type: 'agreed', local, remote })
            this.#settle?.resolve(remote)
          },
        })
        break
      }
      case 'failure': {
        const response = event.received.message
        const gone = response.status === 481 || response.status === 408
        this.#fail(gone ? 'gone' : 'failure', new RejectedError(response), { type: 'response', response })
        break
      }
      case 'lost': {
        const { error } = event
        this.#fail(error instanceof TimeoutError ? 'gone' : 'failure', error, failureCause(error))
        break
      }
    }
  }

  #fail(input: 'failure' | 'gone', error: Error, cause: Cause): void {
    this.#machine.take(input, {
      fail: () => this.#settle?.reject(error),
      'end-call': () => this.#user({ type: 'gone', cause }),
    })
  }

  #ask(received: ReceivedRequest): void {
    const server = new InviteServer(this.#dialog(), received, (event) => {
      if (this.#server === server) this.#onServer(event)
    })
    this.#server = server
    const remote = sdpOf(received.message)
    const respond = (input: 'accept' | 'reject', status: number, init: ResponseInit): boolean => {
      if (this.#server !== server || this.#machine.state !== 'offered') return false
      const response = server.createResponse(status, init)
      return this.#machine.take(input, { 'send-response': () => server.send(response) })
    }
    this.#user({
      type: 'asked',
      reinvite: {
        received,
        sdp: remote,
        accept: ({ sdp: local }) => {
          if (respond('accept', 200, { body: sdpBody(local) })) this.#user({ type: 'agreed', local, remote })
        },
        reject: (status = 488, init = {}) => {
          assertRefusal(status)
          respond('reject', status, init)
        },
      },
    })
  }

  #onServer(event: InviteServerEvent): void {
    if (event.type === 'cancelled') this.#machine.take('cancelled')
    else {
      const cause = failureCause(event.error)
      this.#machine.take('no-ack', { 'end-call': () => this.#user({ type: 'gone', cause }) })
    }
  }
}
