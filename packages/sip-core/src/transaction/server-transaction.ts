import { surface } from '../base/emitter.ts'
import { StateError, TimeoutError, TransportError } from '../base/errors.ts'
import type { OutgoingResponse, SipRequest } from '../message/index.ts'
import { printMessage } from '../parser/index.ts'
import type { Flow, ReceivedRequest } from '../transport/index.ts'
import { nonInviteResponseInput, type ResponseInput, responseInput, type ServerAction } from './fsm.ts'
import { mergeKey, serverKey } from './key.ts'
import { Machine, type MachineHost } from './machine.ts'
import { createTrying } from './own-messages.ts'
import { type ServerInviteState, serverInvite } from './server-invite.fsm.ts'
import { type ServerNonInviteState, serverNonInvite } from './server-non-invite.fsm.ts'

/** The states of both server tables: RFC 3261 Figures 7 (with RFC 6026's Accepted) and 8. */
export type ServerTransactionState = ServerInviteState | ServerNonInviteState

/**
 * A request that was received, with its retransmissions and its responses (RFC 3261 §17.2). Lives until it is
 * answered with a final response or terminated: one of the two is its user's duty.
 *
 * @see pjsip_transaction, pjsip_tsx_create_uas2
 */
export interface ServerTransaction {
  /** Identifies it among the layer's server transactions. */
  readonly id: string
  readonly method: string
  /** Where the responses go. */
  readonly flow: Flow
  readonly state: ServerTransactionState
  /**
   * What came in. Let go of when the final response is sent: what is needed later, its user keeps.
   *
   * @throws StateError afterwards
   */
  readonly request: SipRequest
  /**
   * Sends a response: any number of provisional ones, then a final one. A 2xx to an INVITE may be sent again while
   * the transaction is `accepted`, which is how its user resends it until the ACK comes (RFC 3261 §13.3.1.4).
   *
   * To anything but an INVITE there is no provisional response: the transaction sends a 100 by itself when the time
   * for it has come, and takes a 408 as the wish to stay silent (RFC 4320 §4).
   *
   * A failing flow is told as `transport-error`, later.
   *
   * @throws StateError when no response is possible (any more); nothing is sent then
   * @see pjsip_tsx_send_msg
   */
  respond(response: OutgoingResponse): void
  /**
   * Ends the transaction at once, answered or not: no event but `terminated`, which comes before this returns. Does
   * nothing once it is over.
   *
   * @see pjsip_tsx_terminate
   */
  terminate(): void
}

/** What happens to a server transaction. */
export type ServerTransactionEvent =
  /**
   * The client wants this INVITE ended. The user answers the CANCEL, `cancel`, with 200 in any case, and if there is
   * no final response to the INVITE yet, that one with 487 (RFC 3261 §9.2). The events of `cancel` go to this user.
   */
  | {
      readonly type: 'cancel'
      readonly transaction: ServerTransaction
      readonly received: ReceivedRequest
      readonly cancel: ServerTransaction
    }
  /** No ACK to a final response other than 2xx came in 64 times T1. `terminated` follows. */
  | {
      readonly type: 'timeout'
      readonly transaction: ServerTransaction
      readonly timer: 'H'
      readonly error: TimeoutError
    }
  /**
   * A response could not be sent. An INVITE goes on all the same (RFC 6026 §8.8), as the next resend may succeed;
   * for any other request `terminated` follows.
   */
  | {
      readonly type: 'transport-error'
      readonly transaction: ServerTransaction
      readonly error: TransportError
    }
  /** The last event, exactly once: the layer has forgotten the transaction. */
  | { readonly type: 'terminated'; readonly transaction: ServerTransaction }

/**
 * Implemented by whoever answers requests. What it throws disturbs nobody and surfaces as an uncaught exception.
 *
 * @see pjsip_module.on_tsx_state
 */
export interface ServerTransactionUser {
  onServerTransaction(event: ServerTransactionEvent): void
}

/** A CANCEL and the transaction made for it. */
interface Cancellation {
  readonly received: ReceivedRequest
  readonly cancel: ServerTransaction
}

/** Runs one of the two server tables. */
export class ServerMachine
  extends Machine<
    ServerTransactionState,
    'request' | 'ack' | 'cancel' | ResponseInput | '408',
    ServerAction,
    Uint8Array | Cancellation
  >
  implements ServerTransaction
{
  readonly id: string
  readonly method: string
  /** Shared with what the same request makes that came another way; undefined if it cannot. */
  readonly mergeKey: string | undefined
  /** The flow that brought the request. */
  readonly origin: Flow
  readonly #inputOf: (status: number) => ResponseInput | '408'
  readonly #host: MachineHost<ServerMachine>
  #received: ReceivedRequest | undefined
  #user: ServerTransactionUser | undefined

  constructor(
    host: MachineHost<ServerMachine>,
    received: ReceivedRequest,
    flow: Flow,
    user: ServerTransactionUser,
  ) {
    const { method } = received.message
    const isInvite = method === 'INVITE'
    super(isInvite ? serverInvite : serverNonInvite, flow, host)
    this.#inputOf = isInvite ? responseInput : nonInviteResponseInput
    this.id = serverKey(received.message)
    this.mergeKey = mergeKey(received.message)
    this.method = method
    this.origin = received.flow
    this.#host = host
    this.#received = received
    this.#user = user
  }

  get request(): SipRequest {
    return this.#kept().message
  }

  respond(response: OutgoingResponse): void {
    // Printed first: were it to fail, nothing has happened yet.
    if (this.take(this.#inputOf(response.status), printMessage(response)) !== null) return
    throw new StateError(
      `the ${this.method} transaction is ${this.state}: it cannot send a ${response.status}`,
    )
  }

  /** For the layer: the request came again. */
  receiveAgain(): void {
    this.take('request')
  }

  /** For the layer: an ACK with this INVITE's branch; false if it is for others to take. */
  receiveAck(): boolean {
    return this.take('ack')?.actions.includes('pass-on') !== true
  }

  /** For the layer: a CANCEL for this INVITE, and the transaction that `open` makes for it with this one's user. */
  receiveCancel(received: ReceivedRequest, open: (user: ServerTransactionUser) => ServerTransaction): void {
    if (this.#user !== undefined) this.take('cancel', { received, cancel: open(this.#user) })
  }

  protected act(
    action: ServerAction,
    _input: string,
    cause: Uint8Array | Cancellation | TransportError | undefined,
  ): void {
    switch (action) {
      case 'send':
        this.transmit(cause as Uint8Array)
        break
      case 'send-trying':
        this.transmit(printMessage(createTrying(this.#kept())))
        break
      case 'resend':
        this.retransmit()
        break
      case 'report':
        if (cause instanceof TransportError)
          this.#tell({ type: 'transport-error', transaction: this, error: cause })
        else if (cause !== undefined)
          this.#tell({ type: 'cancel', transaction: this, ...(cause as Cancellation) })
        else this.#tell(this.#timeout())
        break
      case 'pass-on':
        break
    }
  }

  protected stepped(from: string | undefined, input: string): void {
    this.#host.stepped?.(this, from, input)
  }

  protected forget(): void {
    if (this.#received === undefined) return
    this.#received = undefined
    this.#host.settled()
  }

  protected finish(): void {
    this.#host.remove(this)
    this.#tell({ type: 'terminated', transaction: this })
    this.#user = undefined
  }

  #kept(): ReceivedRequest {
    if (this.#received !== undefined) return this.#received
    throw new StateError(
      `the ${this.method} transaction is ${this.state}: its request is kept until then only`,
    )
  }

  #timeout(): ServerTransactionEvent {
    const error = new TimeoutError('H', `${this.method}: no ACK within ${64 * this.#host.timers.T1} ms`)
    return { type: 'timeout', transaction: this, timer: 'H', error }
  }

  #tell(event: ServerTransactionEvent): void {
    const user = this.#user
    if (user !== undefined) surface(() => user.onServerTransaction(event))
  }
}
