import type { SipRequest } from '../message/index.ts'
import type { TransactionLayer } from '../transaction/index.ts'
import type { Received, ReceivedRequest } from '../transport/index.ts'
import { type EndpointModule, ModulePriority } from './module.ts'

/** What admission needs of the endpoint. */
export interface AdmissionHost {
  readonly state: EndpointState
  readonly modules: readonly EndpointModule[]
  readonly transactions: Pick<TransactionLayer, 'isMerged'>
  /** Answers with 503 and when to try again, and keeps nothing. */
  refuseForNow(received: ReceivedRequest): void
  respond(received: ReceivedRequest, status: number): void
}

/** `draining`: nothing new is taken, what is under way goes on. */
export type EndpointState = 'open' | 'draining' | 'closed'

/**
 * Decides over requests that no transaction knows, before any module sees them: what is new while the endpoint takes
 * nothing new is told to come later, and what has come before another way goes only to those who want to see that.
 */
export class Admission implements EndpointModule {
  readonly name = 'admission'
  readonly priority = ModulePriority.admission
  readonly takesMerged = true
  readonly #host: AdmissionHost

  constructor(host: AdmissionHost) {
    this.#host = host
  }

  receive(received: Received): boolean {
    if (received.type === 'response' || !isNew(received.message)) return false
    const host = this.#host
    if (host.state !== 'open') {
      host.refuseForNow(received)
      return true
    }
    if (!host.transactions.isMerged(received)) return false
    const isTaken = host.modules.some((module) => {
      return module !== this && module.takesMerged === true && module.receive(received)
    })
    if (!isTaken) host.respond(received, 482)
    return true
  }
}

// Neither within a dialog, nor part of what is under way.
function isNew({ method, to }: SipRequest): boolean {
  return to.tag === undefined && method !== 'ACK' && method !== 'CANCEL'
}
