import { Contact, type NameAddr, OpaqueUri, type SipResponse, type Uri } from '../message/index.ts'
import type { Flow } from '../transport/index.ts'
import { asRequestUri } from './routing.ts'

/** A place to which a request may be sent. */
export interface CandidateInit {
  readonly uri: Uri
  /** How much it is preferred, 0 to 1; default 1. */
  readonly q?: number | undefined
  /** Goes before the request's own routes: what a registrar keeps as Path (RFC 3327), or an outbound proxy. */
  readonly route?: readonly NameAddr[] | undefined
  /** The connection on which it can be reached, if it can be on that one only. */
  readonly flow?: Flow | undefined
}

/** A place to which a request may be sent, and how it came into the set. */
export interface Candidate {
  readonly uri: Uri
  readonly route: readonly NameAddr[] | undefined
  readonly flow: Flow | undefined
  /**
   * Its q, and before that those of the candidates that redirected to it, the first one first: what a redirection
   * brings takes the place of what redirected.
   */
  readonly rank: readonly number[]
}

/** Limits of a target set; peers decide what comes into it. */
export interface TargetSetOptions {
  /** How many candidates may ever come into the set; default 32. */
  readonly maxTargets?: number
  /** How many redirections may follow one another; default 5. */
  readonly maxRedirects?: number
}

/** What became of the Contacts of a redirection. */
export interface Redirection {
  /** How many of them came into the set. */
  readonly added: number
  /** Those that may not be followed from here; somebody else perhaps may. */
  readonly refused: readonly NameAddr[]
}

/**
 * The places to which a request may be sent, best first, each of them once (RFC 3261 §8.1.3.4, §16.5): what a
 * location service knows, or the user asked for, and what redirections (3xx) add. For a user agent client that
 * follows redirections as well as for a proxy.
 *
 * ```ts
 * const targets = new TargetSet(request.uri)
 * targets.add({ uri: request.uri })
 * for (let group = targets.next(1); group.length > 0; group = targets.next(1)) ...
 * ```
 *
 * @see pjsip_target_set
 */
export class TargetSet {
  readonly #secure: boolean
  readonly #maxTargets: number
  readonly #maxRedirects: number
  readonly #known: Uri[] = []
  #waiting: Candidate[] = []

  /** @param asked the Request-URI as it came: where it is a sips URI only sips URIs may be tried */
  constructor(asked: Uri, { maxTargets = 32, maxRedirects = 5 }: TargetSetOptions = {}) {
    this.#secure = asked.type === 'sip' && asked.scheme === 'sips'
    this.#maxTargets = maxTargets
    this.#maxRedirects = maxRedirects
  }

  /** How many wait to be tried. */
  get size(): number {
    return this.#waiting.length
  }

  /**
   * Adds a candidate. False if it was in the set before (it is tried once, whatever comes of it), if the set is full,
   * or if a request cannot be sent to it from here: a scheme that is not known, or sip where sips was asked for.
   */
  add(init: CandidateInit): boolean {
    return this.#add(init, []) === 'added'
  }

  /**
   * Adds the Contacts of a redirection in place of the candidate that was redirected.
   *
   * @param from the candidate that answered so
   */
  redirect(response: SipResponse, from: Candidate): Redirection {
    const contacts = response.headers.getAll(Contact).filter((contact) => contact !== '*')
    const fates = contacts.map((contact) => {
      return this.#add({ uri: contact.uri, q: qOf(contact) }, from.rank)
    })
    return {
      added: fates.filter((fate) => fate === 'added').length,
      refused: contacts.filter((_, i) => fates[i] === 'refused'),
    }
  }

  /**
   * Takes out the best ones of those that wait: all that are preferred alike, to be tried at a time. Empty when there
   * are no more.
   *
   * @param most no more than so many; the others go on waiting
   */
  next(most: number = Number.POSITIVE_INFINITY): readonly Candidate[] {
    const [first, ...others] = this.#waiting
    if (first === undefined) return []
    const best = others.reduce((best, { rank }) => (compare(rank, best) > 0 ? rank : best), first.rank)
    const group = this.#waiting.filter(({ rank }) => compare(rank, best) === 0).slice(0, most)
    this.#waiting = this.#waiting.filter((candidate) => !group.includes(candidate))
    return group
  }

  #add({ uri, q = 1, route, flow }: CandidateInit, rank: readonly number[]): 'added' | 'known' | 'refused' {
    const isAllowed = this.#secure ? uri.type === 'sip' && uri.scheme === 'sips' : !(uri instanceof OpaqueUri)
    if (!isAllowed || rank.length > this.#maxRedirects) return 'refused'
    const asked = asRequestUri(uri)
    if (this.#known.some((known) => known.equals(asked))) return 'known'
    if (this.#known.length >= this.#maxTargets) return 'refused'
    this.#known.push(asked)
    this.#waiting.push({ uri, route, flow, rank: [...rank, q] })
    return 'added'
  }
}

// Lexical: what a redirection brought stands among its like before it is compared with others.
function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((q, i) => q !== b[i])
  if (at < 0) return a.length === b.length ? 0 : -1
  return (a[at] as number) - (b[at] ?? Number.NEGATIVE_INFINITY)
}

// A q that is none counts as if it were not there.
function qOf({ params }: NameAddr): number {
  const text = params.get('q')
  const q = typeof text === 'string' && text !== '' ? Number(text) : 1
  return q >= 0 && q <= 1 ? q : 1
}
