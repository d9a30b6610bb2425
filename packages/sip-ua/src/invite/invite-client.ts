import {
  type Body,
  type ClientRequest,
  type ClientRequestEvent,
  type ClientRequestUser,
  type OutgoingRequest,
  type ReceivedResponse,
  sdpBody,
  type TimeoutError,
  type TransportError,
} from 'sip-core'
import type { Dialog } from '../dialog/index.ts'

/** What becomes of an INVITE that this end sent. */
export type InviteClientEvent =
  | { readonly type: 'progress'; readonly received: ReceivedResponse }
  /** The first 2xx; `dialog` is the one it belongs to, which a forking proxy may have made another. */
  | { readonly type: 'success'; readonly received: ReceivedResponse; readonly dialog: Dialog }
  | { readonly type: 'failure'; readonly received: ReceivedResponse }
  | { readonly type: 'lost'; readonly error: TimeoutError | TransportError }

/**
 * The caller's side of one INVITE, the first of a call or a later one: sends it, acknowledges every 2xx as often
 * as it comes (RFC 3261 §13.2.2.4), and ends the calls that other branches of a fork have set up besides.
 */
export class InviteClient implements ClientRequestUser {
  readonly request: OutgoingRequest
  readonly #dialog: Dialog
  readonly #user: (event: InviteClientEvent) => void
  // By the peer's tag: sends the ACK once more.
  readonly #acks = new Map<string, () => void>()
  #handle: ClientRequest | undefined

  constructor(dialog: Dialog, request: OutgoingRequest, user: (event: InviteClientEvent) => void) {
    this.#dialog = dialog
    this.request = request
    this.#user = user
  }

  send(): void {
    this.#handle = this.#dialog.send(this.request, this)
  }

  /** Acknowledges the 2xx that made `dialog`; the same ACK answers each retransmission of it. */
  acknowledge(dialog: Dialog, sdp?: string): void {
    const body: Body | undefined = sdp === undefined ? undefined : sdpBody(sdp)
    const ack = dialog.createAck(this.request, { body })
    this.#acks.set(dialog.remoteTag ?? '', this.#dialog.endpoint.sendStateless(ack))
  }

  /** Asks the other end to stop (RFC 3261 §9.1). Only once a provisional response has come. */
  cancel(): void {
    this.#handle?.cancel()
  }

  /** Stops waiting for the final response. */
  terminate(): void {
    this.#handle?.terminate()
  }

  onClientRequest(event: ClientRequestEvent): void {
    if (event.type === 'terminated') return
    if (event.type === 'failed') {
      this.#user({ type: 'lost', error: event.error })
      return
    }
    const { received } = event
    const { status } = received.message
    if (status < 200) this.#user({ type: 'progress', received })
    else if (status < 300) this.#succeed(received)
    else this.#user({ type: 'failure', received })
  }

  #succeed(received: ReceivedResponse): void {
    const tag = received.message.to.tag ?? ''
    const resend = this.#acks.get(tag)
    if (resend !== undefined) return resend()
    const forked = tag !== (this.#dialog.remoteTag ?? '')
    const dialog = forked ? this.#dialog.fork(this.request, received) : this.#dialog
    const first = this.#acks.size === 0
    // Until the user acknowledges: a retransmission that comes meanwhile is not another success.
    this.#acks.set(tag, () => {})
    if (first) this.#user({ type: 'success', received, dialog })
    else this.#endBranch(dialog)
  }

  // RFC 3261 §13.2.2.4: a call that is not wanted is acknowledged all the same, then ended.
  #endBranch(dialog: Dialog): void {
    const usage = { name: 'unwanted branch', onDialog: () => false }
    dialog.attach(usage)
    this.acknowledge(dialog)
    dialog.send(dialog.createRequest('BYE'), {
      onClientRequest: ({ type }) => {
        if (type === 'terminated') dialog.detach(usage)
      },
    })
  }
}
