import type { Timer } from '../base/clock.ts'
import { TableMachine } from '../base/table-machine.ts'
import type {
  ClientRequest,
  ClientRequestEvent,
  ClientRequestUser,
  Endpoint,
  SendOptions,
} from '../endpoint/index.ts'
import type { OutgoingRequest } from '../message/index.ts'
import type { ReceivedResponse } from '../transport/index.ts'
import { BRANCH_TABLE, type BranchAction, type BranchInput, type BranchState } from './branch.fsm.ts'
import type { Candidate } from './target-set.ts'

/** What is heard of a branch. */
export type BranchEvent =
  /** A provisional response from 101 on, the final one, or a further 2xx to an INVITE. */
  | { readonly type: 'response'; readonly branch: Branch; readonly received: ReceivedResponse }
  /** No final response will come; as if it had been `status` (RFC 3261 §16.8, §16.9). */
  | { readonly type: 'failed'; readonly branch: Branch; readonly status: 408 | 487 | 503 }

/** What a branch is made of. */
export interface BranchInit {
  readonly endpoint: Endpoint
  readonly candidate: Candidate
  readonly request: OutgoingRequest
  readonly options: SendOptions
  /** How long the callee may ring without a further provisional response, in milliseconds (RFC 3261 §16.6 step 11). */
  readonly timerC: number
  readonly heard: (event: BranchEvent) => void
}

/** A request on its way to one of several targets. */
export class Branch implements ClientRequestUser {
  readonly candidate: Candidate
  readonly #init: BranchInit
  readonly #isInvite: boolean
  readonly #machine: TableMachine<BranchState, BranchInput, BranchAction>
  #handle: ClientRequest | undefined
  #timer: Timer | undefined

  constructor(init: BranchInit) {
    this.candidate = init.candidate
    this.#init = init
    this.#isInvite = init.request.method === 'INVITE'
    this.#machine = new TableMachine<BranchState, BranchInput, BranchAction>(BRANCH_TABLE, 'waiting', {
      'set-C': () => this.#setC(),
      // RFC 3261 §9.1: how long a final response may still take.
      'set-gone': () => this.#set('gone', 64 * init.endpoint.timers.T1),
      stop: () => this.#timer?.cancel(),
      cancel: () => this.#handle?.cancel(),
      'give-up': () => this.#handle?.terminate(),
      'report-408': () => this.#fail(408),
      'report-487': () => this.#fail(487),
    })
  }

  /** Whether a final response may still come. */
  get isPending(): boolean {
    const { state } = this.#machine
    return state === 'waiting' || state === 'expired' || state === 'cancelled'
  }

  send(): void {
    const { endpoint, request, options } = this.#init
    // Another branch was quick.
    if (this.#machine.state !== 'waiting') return void this.#machine.take('over')
    this.#setC()
    const handle = endpoint.send(request, this, options)
    this.#handle = handle
  }

  /** Nobody waits for the answer any more. Only an INVITE can be taken back (RFC 3261 §9.1); others run their course. */
  cancel(): void {
    if (this.#isInvite) this.#machine.take('cancel')
  }

  /** The callee has had its time, as when timer C fires. */
  expire(): void {
    if (this.#isInvite) this.#machine.take('C')
  }

  onClientRequest(event: ClientRequestEvent, handle: ClientRequest): void {
    this.#handle = handle
    switch (event.type) {
      case 'response':
        this.#hear(event.received)
        break
      case 'failed':
        this.#machine.take('failed', {
          'report-failure': () => this.#fail(event.error.code === 'SIP_TIMEOUT' ? 408 : 503),
        })
        break
      case 'terminated':
        this.#machine.take('over')
        break
    }
  }

  #hear(received: ReceivedResponse): void {
    const { status } = received.message
    // RFC 4320 §4.1: to anything but an INVITE no provisional response means a thing.
    if (status === 100 || (status < 200 && !this.#isInvite)) return
    this.#machine.take(inputOf(status), {
      report: () => this.#init.heard({ type: 'response', branch: this, received }),
    })
  }

  #fail(status: 408 | 487 | 503): void {
    this.#init.heard({ type: 'failed', branch: this, status })
  }

  #setC(): void {
    if (this.#isInvite) this.#set('C', this.#init.timerC)
  }

  #set(input: 'C' | 'gone', delay: number): void {
    this.#timer?.cancel()
    this.#timer = this.#init.endpoint.clock.setTimer(delay, () => this.#machine.take(input))
  }
}

function inputOf(status: number): BranchInput {
  if (status < 200) return '1xx'
  if (status < 300) return '2xx'
  return status === 487 ? '487' : 'refusal'
}
