import {
  type ClientRequest,
  type ClientRequestEvent,
  type ClientRequestUser,
  type OutgoingRequest,
  type ReceivedResponse,
  type SipResponse,
  sdpBody,
  surface,
  TimeoutError,
  type Timer,
  TransportError,
} from 'sip-core'
import type { Dialog } from '../dialog/index.ts'
import { sendBye } from './bye.ts'
import { sdpOf } from './sdp.ts'

/** What becomes of an INVITE that this end sent. */
export type InviteClientEvent =
  | { readonly type: 'progress'; readonly received: ReceivedResponse }
  /**
   * The first 2xx, acknowledged already; `dialog` is the one it belongs to, which a forking proxy may have made
   * another. `answer` is what its offer was answered with.
   */
  | {
      readonly type: 'success'
      readonly received: ReceivedResponse
      readonly dialog: Dialog
      readonly answer: string | undefined
    }
  | { readonly type: 'failure'; readonly received: ReceivedResponse }
  /** No final response will come. Means nothing to a user that has heard of one. */
  | { readonly type: 'lost'; readonly error: TimeoutError | TransportError }

/** Answers the offer in a 2xx to an INVITE that had none (RFC 3264 §5, RFC 3261 §13.2.2.4). */
export type Answerer = (offer: string) => string | undefined

/**
 * The caller's side of one INVITE, the first of a call or a later one: sends it, acknowledges every 2xx as often
 * as it comes (RFC 3261 §13.2.2.4), and ends the calls that other branches of a fork have set up besides.
 */
export class InviteClient implements ClientRequestUser {
  readonly request: OutgoingRequest
  readonly #dialog: Dialog
  readonly #user: (event: InviteClientEvent) => void
  readonly #answerer: Answerer | undefined
  // By the peer's tag: sends the ACK once more.
  readonly #acks = new Map<string, () => void>()
  #handle: ClientRequest | undefined
  #limit: Timer | undefined

  constructor(
    dialog: Dialog,
    request: OutgoingRequest,
    user: (event: InviteClientEvent) => void,
    answerer?: Answerer,
  ) {
    this.#dialog = dialog
    this.request = request
    this.#user = user
    this.#answerer = answerer
  }

  send(): void {
    this.#handle = this.#dialog.send(this.request, this)
  }

  /** Takes the INVITE back where nobody has heard of it yet; else as soon as somebody says so. */
  withdraw(): void {
    this.#handle?.cancel()
  }

  /** Asks the other end to stop (RFC 3261 §9.1). Only once a provisional response has come. */
  cancel(): void {
    this.#handle?.cancel()
    this.limit()
  }

  /** Waits for the final response 64 * T1 more, as after a CANCEL (RFC 3261 §9.1). */
  limit(): void {
    const { clock, timers } = this.#dialog.endpoint
    const wait = 64 * timers.T1
    this.#limit?.cancel()
    this.#limit = clock.setTimer(wait, () => {
      this.#user({ type: 'lost', error: new TimeoutError('CANCEL', `no final response within ${wait} ms`) })
      this.#handle?.terminate()
    })
  }

  onClientRequest(event: ClientRequestEvent, handle: ClientRequest): void {
    this.#handle = handle
    switch (event.type) {
      case 'response':
        this.#onResponse(event.received, handle.request)
        break
      case 'failed':
        this.#user({ type: 'lost', error: event.error })
        break
      case 'terminated':
        this.#limit?.cancel()
        this.#user({ type: 'lost', error: new TransportError('the endpoint was closed') })
        break
    }
  }

  #onResponse(received: ReceivedResponse, request: OutgoingRequest): void {
    const { status } = received.message
    if (status < 200) {
      this.#user({ type: 'progress', received })
      return
    }
    this.#limit?.cancel()
    if (status < 300) this.#succeed(received, request)
    else this.#user({ type: 'failure', received })
  }

  // `request` is the INVITE as it was answered: one that was challenged was sent again with a number of its own.
  #succeed(received: ReceivedResponse, request: OutgoingRequest): void {
    const { message } = received
    const tag = message.to.tag ?? ''
    const resend = this.#acks.get(tag)
    if (resend !== undefined) return resend()
    const first = this.#acks.size === 0
    const dialog = this.#isOwn(tag, first) ? this.#dialog : this.#dialog.fork(request, received)
    const answer = first ? this.#answerTo(message) : undefined
    const body = answer === undefined ? undefined : sdpBody(answer)
    const ack = dialog.createAck(request, { body })
    this.#acks.set(tag, dialog.sendAck(ack))
    if (first) this.#user({ type: 'success', received, dialog, answer })
    else endBranch(dialog)
  }

  // A dialog that rang, and ended when another branch accepted, is made anew if its branch accepts as well.
  #isOwn(tag: string, first: boolean): boolean {
    return tag === (this.#dialog.remoteTag ?? '') && (first || this.#dialog.state !== 'terminated')
  }

  #answerTo(response: SipResponse): string | undefined {
    const offer = this.request.body.length === 0 ? sdpOf(response) : undefined
    let answer: string | undefined
    if (offer !== undefined) {
      surface(() => {
        answer = this.#answerer?.(offer)
      })
    }
    return answer
  }
}

// RFC 3261 §13.2.2.4: a call that is not wanted is acknowledged all the same, then ended.
function endBranch(dialog: Dialog): void {
  const usage = { name: 'unwanted branch', onDialog: () => false }
  dialog.attach(usage)
  sendBye(dialog, () => dialog.detach(usage))
}
