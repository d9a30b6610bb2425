import { surface } from '../base/emitter.ts'
import type { TimeoutError, TransportError } from '../base/errors.ts'
import type { OutgoingRequest, SipResponse } from '../message/index.ts'
import type { Flow, ReceivedResponse, Target } from '../transport/index.ts'

/** A place to send a request to. */
export type Hop =
  /** Where the resolver points. */
  | { readonly type: 'target'; readonly target: Target }
  /** A UDP target for a request that is too large for it: tried when the same server cannot be reached over TCP. */
  | { readonly type: 'datagram'; readonly target: Target }
  /** A flow that the caller has named. */
  | { readonly type: 'flow'; readonly flow: Flow }

/** One try at a request: becomes one transaction, with a branch of its own. */
export interface Attempt {
  readonly request: OutgoingRequest
  /** Where it goes, and behind that where it may go instead. Never empty. */
  readonly hops: readonly [Hop, ...Hop[]]
  /** How many challenges have been answered on the way here. */
  readonly challenges: number
}

/** How an attempt came out. */
export type Outcome =
  /** A final response, or on its way to the user a provisional one. */
  | { readonly type: 'response'; readonly received: ReceivedResponse }
  /** Nobody answered in time, or the request could not be sent. */
  | { readonly type: 'failed'; readonly error: TimeoutError | TransportError }

/** What is tried after an attempt came out so, perhaps known only later; undefined leaves it at that. */
export type Retry = (attempt: Attempt, outcome: Outcome) => Attempt | undefined | Promise<Attempt | undefined>

/**
 * Answers a challenge (401 or 407): a new request with credentials, whose CSeq number is raised already, or
 * undefined to let the challenge be the outcome; or a promise of one of these, where somebody has to be asked for a
 * password. `request` and what is returned have no Via.
 *
 * Called once for every challenge, so that one that refuses its own credentials is for it to notice (RFC 3261 §22.2).
 */
export type Authenticate = (
  request: OutgoingRequest,
  response: SipResponse,
) => OutgoingRequest | undefined | Promise<OutgoingRequest | undefined>

// Several proxies and the server may challenge, each with a stale nonce besides; nobody needs more.
const MOST_CHALLENGES = 8

/** The next target after a failure or a 503 (RFC 3263 §4.3). */
export function failover(attempt: Attempt, outcome: Outcome): Attempt | undefined {
  if (outcome.type === 'response' && outcome.received.message.status !== 503) return undefined
  const [, ...left] = attempt.hops
  // The server that has answered over TCP has nothing else to say over UDP.
  if (outcome.type === 'response' && left[0]?.type === 'datagram') left.shift()
  const [next, ...rest] = left
  return next && { ...attempt, hops: [next, ...rest] }
}

/**
 * The attempt for a request that is too large for a datagram: first to the same server over TCP (RFC 3261 §18.1.1).
 * Any other attempt is left as it is.
 *
 * @param usesTcp whether it is worth a try at that target
 */
export function overTcp(attempt: Attempt, usesTcp: (target: Target) => boolean): Attempt {
  const [first, ...rest] = attempt.hops
  if (first.type !== 'target' || first.target.protocol !== 'UDP') return attempt
  const target: Target = { ...first.target, protocol: 'TCP' }
  if (!usesTcp(target)) return attempt
  return { ...attempt, hops: [{ type: 'target', target }, { ...first, type: 'datagram' }, ...rest] }
}

/** The same target with credentials after a challenge (RFC 3261 §22.2, §22.3). */
export function authentication(authenticate: Authenticate): Retry {
  return (attempt, outcome) => {
    if (outcome.type === 'failed' || attempt.challenges >= MOST_CHALLENGES) return undefined
    const { message } = outcome.received
    if (message.status !== 401 && message.status !== 407) return undefined
    const next = (request: OutgoingRequest | undefined): Attempt | undefined =>
      request && { ...attempt, request, challenges: attempt.challenges + 1 }
    let answer: ReturnType<Authenticate>
    surface(() => {
      answer = authenticate(attempt.request, message)
    })
    return answer instanceof Promise ? answer.catch(unanswered).then(next) : next(answer)
  }
}

function unanswered(error: unknown): undefined {
  surface(() => {
    throw error
  })
  return undefined
}
