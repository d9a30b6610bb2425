import {
  type ReceivedRequest,
  RejectedError,
  type ResponseInit,
  StateError,
  sdpBody,
  TableMachine,
} from 'sip-core'
import { type Cause, type Dialog, failureCause } from '../dialog/index.ts'
import { InviteClient } from './invite-client.ts'
import { InviteServer } from './invite-server.ts'
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
  /** Refuses, with 488 by default; the call stays as it was. Does nothing in the cases in which `accept` does not. */
  reject(status?: number, init?: ResponseInit): void
}

/** What the re-INVITEs of a call tell it. */
export type ReinviteEvent =
  | { readonly type: 'asked'; readonly reinvite: IncomingReinvite }
  /** Both ends have agreed; an end whose description is undefined has sent none (yet). */
  | { readonly type: 'agreed'; readonly local?: string | undefined; readonly remote: string | undefined }
  /** The peer never acknowledged, or does not know the call any more: it cannot go on. */
  | { readonly type: 'gone'; readonly cause: Cause }

/** Changes of a call that is up: runs `REINVITE_TABLE`. */
export class ReinviteMachine {
  readonly #dialog: Dialog
  readonly #user: (event: ReinviteEvent) => void
  readonly #machine: TableMachine<ReinviteState, ReinviteInput, ReinviteAction>
  #server: InviteServer | undefined
  #settle: { resolve(sdp: string | undefined): void; reject(error: Error): void } | undefined

  constructor(dialog: Dialog, user: (event: ReinviteEvent) => void) {
    this.#dialog = dialog
    this.#user = user
    this.#machine = new TableMachine(REINVITE_TABLE, 'idle', { refuse: () => this.#server?.respond(487) })
  }

  /**
   * Offers a change; resolves with the peer's answer.
   *
   * @throws StateError (rejects) while another change is under way, or when the call ends meanwhile
   * @throws RejectedError (rejects) when the peer refuses
   */
  async send(sdp: string): Promise<string | undefined> {
    if (this.#machine.state !== 'idle') throw new StateError('a change of the call is under way already')
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      const request = this.#dialog.createRequest('INVITE', { body: sdpBody(sdp) })
      this.#dialog.endpoint.capabilities.describe(request.headers)
      const client = new InviteClient(this.#dialog, request, (event) => {
        switch (event.type) {
          case 'success': {
            const answer = sdpOf(event.received.message)
            this.#machine.take('2xx', {
              'send-ack': () => client.acknowledge(this.#dialog),
              succeed: () => {
                this.#user({ type: 'agreed', local: sdp, remote: answer })
                resolve(answer)
              },
            })
            break
          }
          case 'failure': {
            const response = event.received.message
            this.#fail('failure', new RejectedError(response))
            // RFC 3261 §12.2.1.2
            if (response.status === 481 || response.status === 408) this.#gone({ type: 'response', response })
            break
          }
          case 'lost':
            this.#fail('lost', event.error)
            this.#gone(failureCause(event.error))
            break
          case 'progress':
            break
        }
      })
      this.#machine.take('send', { 'send-invite': () => client.send() })
    })
  }

  /** A re-INVITE came. */
  arrived(received: ReceivedRequest): void {
    this.#machine.take('arrived', {
      ask: () => this.#ask(received),
      'refuse-glare': () => this.#dialog.respond(received, 491),
      'refuse-busy': () => {
        // RFC 3261 §14.2: a wait of 0 to 10 seconds, drawn at random.
        const wait = this.#dialog.endpoint.random.uint32() % 11
        this.#dialog.respond(received, 500, { headers: { 'Retry-After': String(wait) } })
      },
    })
  }

  /** An ACK came; false if it is not for a re-INVITE. */
  acknowledged({ message }: ReceivedRequest): boolean {
    if (this.#server === undefined || message.cseq.seq !== this.#server.received.message.cseq.seq)
      return false
    this.#server.acknowledged()
    this.#machine.take('ack')
    // The answer to an offer that came in the 2xx.
    this.#user({ type: 'agreed', remote: sdpOf(message) })
    return true
  }

  /** The call is over: nothing stays open. */
  ended(): void {
    this.#server?.acknowledged()
    this.#fail('ended', new StateError('the call has ended'))
  }

  #fail(input: 'failure' | 'lost' | 'ended', error: Error): void {
    this.#machine.take(input, { fail: () => this.#settle?.reject(error) })
  }

  #gone(cause: Cause): void {
    this.#user({ type: 'gone', cause })
  }

  #ask(received: ReceivedRequest): void {
    const server = new InviteServer(this.#dialog, received, (event) => {
      if (event.type === 'cancelled') this.#machine.take('cancelled')
      else {
        const cause = failureCause(event.error)
        this.#machine.take('no-ack', { 'end-call': () => this.#gone(cause) })
      }
    })
    this.#server = server
    const remote = sdpOf(received.message)
    // A later re-INVITE is another one's to answer.
    const respond = (input: 'accept' | 'reject', status: number, init: ResponseInit) =>
      this.#server === server &&
      this.#machine.take(input, { 'send-response': () => server.respond(status, init) })
    this.#user({
      type: 'asked',
      reinvite: {
        received,
        sdp: remote,
        accept: ({ sdp: local }) => {
          if (respond('accept', 200, { body: sdpBody(local) })) this.#user({ type: 'agreed', local, remote })
        },
        reject: (status = 488, init = {}) => void respond('reject', status, init),
      },
    })
  }
}
