import { RejectedError, type SipError, StateError } from 'sip-core'
import { type Cause, describeCause } from '../dialog/index.ts'
import type { CallState } from './invite.fsm.ts'

/** What becomes of a call, as promises, which nobody is obliged to watch. */
export class Outcome {
  /** Resolves when the call is up; rejects when it begins to end before that. */
  readonly established: Promise<void>
  /** Resolves when the call is over, with why it began to end. */
  readonly ended: Promise<Cause>
  readonly #established = deferred<void>()
  readonly #ended = deferred<Cause>()
  #why: Cause | undefined

  constructor() {
    this.established = this.#established.promise
    this.ended = this.#ended.promise
    this.established.catch(() => {})
  }

  /** The call is in this state, because of `cause`. */
  note(state: CallState, cause: Cause): void {
    if (state === 'confirmed') this.#established.resolve()
    if (state !== 'disconnecting' && state !== 'disconnected') return
    this.#why ??= cause
    this.#established.reject(endError(this.#why))
    if (state === 'disconnected') this.#ended.resolve(this.#why)
  }
}

function endError(cause: Cause): SipError {
  switch (cause.type) {
    case 'response':
      return new RejectedError(cause.response)
    case 'timeout':
    case 'transport-error':
      return cause.error
    default:
      return new StateError(`the call ended before it was up: ${describeCause(cause)}`)
  }
}

function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
