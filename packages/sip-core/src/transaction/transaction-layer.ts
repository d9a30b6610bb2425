import type { Clock } from '../base/clock.ts'
import { ArgumentError, SipError, StateError, TransportError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { type OutgoingRequest, SipRequest, Via } from '../message/index.ts'
import {
  type Diagnostics,
  defineDiagnostic,
  type Flow,
  type Received,
  type ReceivedRequest,
  type ReceivedResponse,
} from '../transport/index.ts'
import { ClientMachine, type ClientTransaction, type ClientTransactionUser } from './client-transaction.ts'
import { FlowIndex } from './flow-index.ts'
import { clientKey, mergeKey, newBranch, serverKey } from './key.ts'
import type { MachineHost } from './machine.ts'
import { ServerMachine, type ServerTransaction, type ServerTransactionUser } from './server-transaction.ts'
import type { Timers } from './timers.ts'
import { createVia } from './via.ts'

/** A step that a transaction took, for logging and tracing. */
export interface TransactionStep {
  readonly transaction: ClientTransaction | ServerTransaction
  /** The state it was in; undefined for its first step. */
  readonly from: string | undefined
  /** What came: `start`, a class of responses, `request`, `ack`, `cancel`, a timer's letter, ... */
  readonly input: string
  /** The state it is in now, perhaps the same. */
  readonly to: string
}

/** Every step of every transaction, shown after the state has changed and before its actions run. */
export const transactionDiagnostic = defineDiagnostic<TransactionStep>('transaction')

/** What the layer is built from. */
export interface TransactionLayerContext {
  readonly clock: Clock
  readonly random: Random
  readonly timers: Timers
  /**
   * How many transactions may be alive, default any number. An eighth more is left to requests within dialogs, so
   * that calls can be ended when the limit is reached, and a CANCEL, of which an INVITE has one at most, is free.
   */
  readonly limit?: number | undefined
  /** Where the steps of transactions are shown, as `transactionDiagnostic`; default nowhere. */
  readonly diagnostics?: Diagnostics | undefined
}

/**
 * All transactions of an endpoint, and the way from a received message to the one it belongs to. The cost of a
 * message does not depend on how many are alive.
 *
 * @see pjsip_tsx_layer_init_module
 */
export class TransactionLayer {
  readonly #random: Random
  readonly #clients = new Map<string, ClientMachine>()
  readonly #servers = new Map<string, ServerMachine>()
  // The first of those that share a merge key.
  readonly #merging = new Map<string, ServerMachine>()
  readonly #clientsOn = new FlowIndex<ClientMachine>()
  readonly #serversOn = new FlowIndex<ServerMachine>()
  readonly #clientHost: MachineHost<ClientMachine>
  readonly #serverHost: MachineHost<ServerMachine>
  readonly #limit: number
  // How many wait for their final response.
  #open = 0
  #whenSettled: (() => void)[] = []
  #closed = false

  constructor({
    clock,
    random,
    timers,
    limit = Number.POSITIVE_INFINITY,
    diagnostics,
  }: TransactionLayerContext) {
    this.#random = random
    this.#limit = limit
    const stepped =
      diagnostics &&
      ((transaction: ClientTransaction | ServerTransaction, from: string | undefined, input: string) =>
        diagnostics.publish(transactionDiagnostic, () => ({
          transaction,
          from,
          input,
          to: transaction.state,
        })))
    this.#clientHost = {
      clock,
      timers,
      stepped,
      settled: () => this.#settled(),
      remove: (machine) => {
        this.#clients.delete(machine.id)
        this.#clientsOn.delete(machine.flow, machine)
      },
    }
    this.#serverHost = {
      clock,
      timers,
      stepped,
      settled: () => this.#settled(),
      remove: (machine) => {
        this.#servers.delete(machine.id)
        const { mergeKey } = machine
        if (mergeKey !== undefined && this.#merging.get(mergeKey) === machine) this.#merging.delete(mergeKey)
        this.#serversOn.delete(machine.origin, machine)
      },
    }
  }

  /** How many transactions are alive. */
  get size(): number {
    return this.#clients.size + this.#servers.size
  }

  /**
   * Sends a request in a transaction of its own. The Via is put on top of a copy: `request` stays as it is, and may
   * be sent again elsewhere. No event comes before this returns, unless the flow brings a response from within its
   * `send`.
   *
   * @param options.branch the branch to use; for a CANCEL that of its INVITE (RFC 3261 §9.1), by default a new one
   * @throws ArgumentError for an ACK, which has no transaction of its own, and for a CANCEL without a branch
   * @throws StateError when a transaction with this branch and method is alive
   * @throws SipError `SIP_CLOSED` after `close`, `SIP_LIMIT` when there are too many
   * @see pjsip_tsx_create_uac, pjsip_tsx_send_msg
   */
  send(
    request: OutgoingRequest,
    flow: Flow,
    user: ClientTransactionUser,
    options: { readonly branch?: string } = {},
  ): ClientTransaction {
    this.#assertOpen()
    const { method } = request
    if (method === 'ACK') throw new ArgumentError('an ACK has no transaction of its own')
    if (method === 'CANCEL' && options.branch === undefined)
      throw new ArgumentError("a CANCEL needs its INVITE's branch")
    this.#assertRoom(request)
    const branch = options.branch ?? newBranch(this.#random)
    const machine = new ClientMachine(this.#clientHost, withVia(request, flow, branch), branch, flow, user)
    this.#add(this.#clients, machine, this.#clientsOn, flow)
    return machine
  }

  /**
   * Opens the server transaction of a received request that none took.
   *
   * @param flow where the responses go (RFC 3261 §18.2.2)
   * @throws StateError for an ACK, which is never answered, and for a request that has its transaction already
   * @throws SipError `SIP_CLOSED` after `close`, `SIP_LIMIT` when there are too many
   * @see pjsip_tsx_create_uas2
   */
  accept(received: ReceivedRequest, user: ServerTransactionUser, flow: Flow): ServerTransaction {
    this.#assertOpen()
    if (received.message.method === 'ACK') throw new StateError('an ACK has no transaction and no response')
    this.#assertRoom(received.message)
    const machine = new ServerMachine(this.#serverHost, received, flow, user)
    const { mergeKey } = machine
    if (mergeKey !== undefined && !this.#merging.has(mergeKey)) this.#merging.set(mergeKey, machine)
    this.#add(this.#servers, machine, this.#serversOn, received.flow)
    return machine
  }

  /**
   * Whether a request that no transaction took is one that has come before, another way, and is still under way
   * here (RFC 3261 §8.2.2.2). To a user agent it is not a new request (482); a proxy may see it again, changed by
   * others, with good reason.
   */
  isMerged({ message }: ReceivedRequest): boolean {
    const key = mergeKey(message)
    return key !== undefined && this.#merging.has(key)
  }

  /**
   * Gives a message to the transaction it belongs to. True: one has taken it (a response, a retransmission, the
   * ACK to a final response other than 2xx, a CANCEL whose INVITE is alive), there is nothing more to do. False: a
   * new request, the ACK to a 2xx, a CANCEL that finds nothing to cancel, or a stray response.
   *
   * @see pjsip_tsx_recv_msg
   */
  receive(received: Received): boolean {
    return received.type === 'response' ? this.#receiveResponse(received) : this.#receiveRequest(received)
  }

  /**
   * The connection `flow` is gone: each request on it that has no final response yet ends with `transport-error`,
   * once the present step is over. Requests that came by it go on; their responses find another way.
   */
  flowClosed(
    flow: Flow,
    error: TransportError = new TransportError('the connection was closed before the response came'),
  ): void {
    for (const machine of this.#clientsOn.on(flow)) machine.flowClosed(error)
  }

  /** Whether a transaction is alive whose request came or went over the connection `flow`. */
  uses(flow: Flow): boolean {
    return this.#clientsOn.has(flow) || this.#serversOn.has(flow)
  }

  /**
   * Resolves as soon as no transaction waits for its final response. Those that are left then only see to it that
   * retransmissions go nowhere.
   */
  async settled(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => this.#whenSettled.push(resolve))
  }

  /** Terminates every transaction and takes no more. */
  close(): void {
    this.#closed = true
    for (const machine of [...this.#clients.values(), ...this.#servers.values()]) machine.terminate()
  }

  #receiveResponse(received: ReceivedResponse): boolean {
    const { via, cseq } = received.message
    const machine = via.branch && this.#clients.get(clientKey(via.branch, cseq.method))
    if (!machine) return false
    machine.receive(received)
    return true
  }

  #receiveRequest(received: ReceivedRequest): boolean {
    const { message } = received
    if (message.method === 'ACK') return this.#invite(message)?.receiveAck() ?? false
    const machine = this.#servers.get(serverKey(message))
    if (machine !== undefined) machine.receiveAgain()
    else return message.method === 'CANCEL' && this.#receiveCancel(received)
    return true
  }

  #receiveCancel(received: ReceivedRequest): boolean {
    const invite = this.#invite(received.message)
    if (invite === undefined || this.#closed) return false
    // RFC 3261 §18.2.2: a connection answers what came in on it; a datagram takes the way of the INVITE's answers.
    const flow = received.flow.transport.reliable ? received.flow : invite.flow
    invite.receiveCancel(received, (user) => this.accept(received, user, flow))
    return true
  }

  /** The INVITE transaction that an ACK or a CANCEL names. */
  #invite(request: SipRequest): ServerMachine | undefined {
    return this.#servers.get(serverKey(request, 'INVITE'))
  }

  #add<M extends ClientMachine | ServerMachine>(
    machines: Map<string, M>,
    machine: M,
    index: FlowIndex<M>,
    flow: Flow,
  ): void {
    if (machines.has(machine.id)) throw new StateError(`a transaction ${machine.id} is alive already`)
    machines.set(machine.id, machine)
    this.#open++
    index.add(flow, machine)
    machine.start()
  }

  #settled(): void {
    this.#open--
    if (this.#open === 0) for (const resolve of this.#whenSettled.splice(0)) resolve()
  }

  #assertRoom({ method, to }: SipRequest): void {
    const limit = to.tag === undefined ? this.#limit : this.#limit * 1.125
    if (method === 'CANCEL' || this.size < limit) return
    throw new SipError('SIP_LIMIT', `${this.size} transactions are alive: no room for another ${method}`)
  }

  #assertOpen(): void {
    if (this.#closed) throw new SipError('SIP_CLOSED', 'the transaction layer is closed')
  }
}

function withVia(request: OutgoingRequest, flow: Flow, branch: string): OutgoingRequest {
  const headers = request.headers.clone().prepend(Via, createVia(flow, branch))
  return new SipRequest({ method: request.method, uri: request.uri, headers, body: request.body })
}
