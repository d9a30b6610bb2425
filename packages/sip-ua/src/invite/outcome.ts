import { RejectedError, type SipError, StateError } from 'sip-core'
import { type Cause, describeCause } from '../dialog/index.ts'

/** What becomes of a call, as promises, which nobody is obliged to watch. */
export class Outcome {
  /** Resolves when the call is up; rejects when it ends before that. */
  readonly established: Promise<void>
  /** Resolves when the call is over. */
  readonly ended: Promise<Cause>
  /** The call is up. */
  readonly confirm: () => void
  /** The call is over. */
  readonly end: (cause: Cause) => void

  constructor() {
    const established = deferred<void>()
    const ended = deferred<Cause>()
    established.promise.catch(() => {})
    this.established = established.promise
    this.ended = ended.promise
    this.confirm = () => established.resolve()
    this.end = (cause) => {
      established.reject(endError(cause))
      ended.resolve(cause)
    }
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
