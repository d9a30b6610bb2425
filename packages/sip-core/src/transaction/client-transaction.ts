import { surface } from '../base/emitter.ts'
import { StateError, TimeoutError, TransportError } from '../base/errors.ts'
import { type OutgoingRequest, Via } from '../message/index.ts'
import { printMessage } from '../parser/index.ts'
import type { Flow, ReceivedResponse } from '../transport/index.ts'
import { type ClientInviteState, clientInvite } from './client-invite.fsm.ts'
import { type ClientNonInviteState, clientNonInvite } from './client-non-invite.fsm.ts'
import { type ClientAction, type ResponseInput, responseInput } from './fsm.ts'
import { clientKey } from './key.ts'
import { Machine, type MachineHost } from './machine.ts'
import { createAck, createCancel } from './own-messages.ts'

/** The states of both client tables: RFC 3261 Figures 5 (with RFC 6026's Accepted) and 6. */
export type ClientTransactionState = ClientInviteState | ClientNonInviteState

/**
 * A request that was sent, with its resends and its responses (RFC 3261 §17.1).
 *
 * @see pjsip_transaction, pjsip_tsx_create_uac
 */
export interface ClientTransaction {
  /** Identifies it among the layer's client transactions. */
  readonly id: string
  readonly method: string
  /** The branch in the request's top Via. */
  readonly branch: string
  readonly flow: Flow
  readonly state: ClientTransactionState
  /**
   * What was sent, top Via included. Let go of after the event that brings the final response (or says that there
   * is none): what is needed later, its user keeps.
   *
   * @throws StateError afterwards
   */
  readonly request: OutgoingRequest
  /**
   * Ends the transaction at once: no more resends, no event but `terminated`, which comes before this returns. Does
   * nothing once it is over. Takes no message back; see `createCancel`.
   *
   * @see pjsip_tsx_terminate
   */
  terminate(): void
  /**
   * The CANCEL for this INVITE, to be sent by the layer on the same `flow` with the same `branch` once a provisional
   * response has come (RFC 3261 §9.1). The final response to the INVITE may fail to come; its user gives up
   * 64 times T1 later with `terminate`.
   *
   * @throws StateError when the request is no INVITE, or has its final response already
   * @see pjsip_endpt_create_cancel
   */
  createCancel(): OutgoingRequest
}

/** What happens to a client transaction. */
export type ClientTransactionEvent =
  /**
   * A response: each provisional one, the final one, and to an INVITE every further 2xx (a resent one, or another
   * branch's of a fork; RFC 6026 §8.4). The ACK to a 2xx is the user's, to any other final response the
   * transaction's, and sent already.
   */
  | {
      readonly type: 'response'
      readonly transaction: ClientTransaction
      readonly received: ReceivedResponse
    }
  /** Nobody answered in 64 times T1. `terminated` follows. */
  | {
      readonly type: 'timeout'
      readonly transaction: ClientTransaction
      readonly timer: 'B' | 'F'
      readonly error: TimeoutError
    }
  /**
   * The request, or the ACK to a final response, could not be sent, or the connection was lost before the final
   * response came. `terminated` follows.
   */
  | {
      readonly type: 'transport-error'
      readonly transaction: ClientTransaction
      readonly error: TransportError
    }
  /** The last event, exactly once: the layer has forgotten the transaction. */
  | { readonly type: 'terminated'; readonly transaction: ClientTransaction }

/**
 * Implemented by whoever sends requests. What it throws disturbs nobody and surfaces as an uncaught exception.
 *
 * @see pjsip_module.on_tsx_state
 */
export interface ClientTransactionUser {
  onClientTransaction(event: ClientTransactionEvent): void
}

/** Runs one of the two client tables. */
export class ClientMachine
  extends Machine<ClientTransactionState, ResponseInput | 'flow-closed', ClientAction, ReceivedResponse>
  implements ClientTransaction
{
  readonly id: string
  readonly method: string
  readonly branch: string
  readonly #host: MachineHost<ClientMachine>
  readonly #hops: number
  #request: OutgoingRequest | undefined
  #user: ClientTransactionUser | undefined

  constructor(
    host: MachineHost<ClientMachine>,
    request: OutgoingRequest,
    branch: string,
    flow: Flow,
    user: ClientTransactionUser,
  ) {
    super(request.method === 'INVITE' ? clientInvite : clientNonInvite, flow, host, printMessage(request))
    this.id = clientKey(branch, request.method)
    this.method = request.method
    this.branch = branch
    this.#host = host
    this.#hops = request.headers.getAll(Via).length
    this.#request = request
    this.#user = user
  }

  get request(): OutgoingRequest {
    if (this.#request !== undefined) return this.#request
    throw new StateError(
      `the ${this.method} transaction is ${this.state}: its request is kept until then only`,
    )
  }

  createCancel(): OutgoingRequest {
    if (this.method !== 'INVITE') throw new StateError(`${this.method}: only an INVITE can be cancelled`)
    if (this.state !== 'calling' && this.state !== 'proceeding') {
      throw new StateError(
        `the INVITE transaction is ${this.state}: it can be cancelled while calling or proceeding`,
      )
    }
    return createCancel(this.request)
  }

  /**
   * For the layer: a response that matches. One that has come by more hops than the request has gone is somebody
   * else's, or forged, and is dropped (RFC 3261 §8.1.3.3).
   */
  receive(received: ReceivedResponse): void {
    if (received.message.headers.getAll(Via).length > this.#hops) return
    this.take(responseInput(received.message.status), received)
  }

  /** For the layer: nothing more comes over the flow. */
  flowClosed(error: TransportError): void {
    this.fail('flow-closed', error)
  }

  protected act(
    action: ClientAction,
    input: string,
    cause: ReceivedResponse | TransportError | undefined,
  ): void {
    switch (action) {
      case 'send-ack':
        this.transmit(printMessage(createAck(this.request, (cause as ReceivedResponse).message)))
        break
      case 'send':
      case 'resend':
        this.retransmit()
        break
      case 'report':
        if (cause instanceof TransportError)
          this.#tell({ type: 'transport-error', transaction: this, error: cause })
        else if (cause !== undefined) this.#tell({ type: 'response', transaction: this, received: cause })
        else this.#tell(this.#timeout(input as 'B' | 'F'))
        break
    }
  }

  protected stepped(from: string | undefined, input: string): void {
    this.#host.stepped?.(this, from, input)
  }

  protected forget(): void {
    if (this.#request === undefined) return
    this.#request = undefined
    this.#host.settled()
  }

  protected finish(): void {
    this.#host.remove(this)
    this.#tell({ type: 'terminated', transaction: this })
    this.#user = undefined
  }

  #timeout(timer: 'B' | 'F'): ClientTransactionEvent {
    const error = new TimeoutError(
      timer,
      `${this.method}: no final response within ${64 * this.#host.timers.T1} ms`,
    )
    return { type: 'timeout', transaction: this, timer, error }
  }

  #tell(event: ClientTransactionEvent): void {
    const user = this.#user
    if (user !== undefined) surface(() => user.onClientTransaction(event))
  }
}
