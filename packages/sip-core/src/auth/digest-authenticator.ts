import type { Clock } from '../base/clock.ts'
import { ParseError, StateError } from '../base/errors.ts'
import { type Random, randomToken } from '../base/random.ts'
import { AuthParams, parseUri, type SipRequest } from '../message/index.ts'
import { AUTH_PLACES, type AuthPlace, type AuthRole } from './auth-place.ts'
import { type DigestSecret, ha1Of } from './credentials.ts'
import { type DigestQop, digestHa1, digestResponse, equalsInConstantTime } from './digest.ts'
import type { DigestAlgorithm, DigestHash } from './digest-algorithm.ts'
import { type DigestAnswer, readDigestAnswer } from './digest-answer.ts'
import { writeDigestChallenge } from './digest-challenge.ts'
import { Nonces } from './nonces.ts'

/** Who is looked for. */
export interface UserQuery {
  /** As it came; its hash (RFC 7616 §3.4.4) when `userhash` says of which kind. */
  readonly username: string
  readonly userhash: DigestHash | undefined
  readonly realm: string
}

/** A user as the application knows him; may be any object that has these. */
export type DigestUser = DigestSecret & {
  /** The name that goes with `password`; default: the one that was asked for. Needed where that was a hash. */
  readonly username?: string | undefined
}

/** How requests are authenticated. */
export interface DigestAuthenticatorInit<User extends DigestUser> {
  readonly clock: Clock
  readonly random: Random
  /** What users are asked to identify themselves for, e.g. the domain; may depend on the request. */
  readonly realm: string | ((request: SipRequest) => string)
  /** The user of that name, or undefined, at once or later. */
  readonly lookup: (asked: UserQuery) => User | undefined | Promise<User | undefined>
  /** Whether a server asks (401, WWW-Authenticate) or a proxy (407, Proxy-Authenticate); default `server`. */
  readonly role?: AuthRole | undefined
  /**
   * The algorithms that are taken, the best one first; default SHA-256 and MD5. Each makes a challenge of its own, in
   * this order (RFC 8760 §2.3). A user of whom only hashes are known needs one for each of them.
   */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined
  /** What the digest may cover; default `auth`. */
  readonly qop?: readonly DigestQop[] | undefined
  /**
   * Whether peers that know of no qop (RFC 2069) are turned away; default true. If not, their nonces are good once.
   */
  readonly requireQop?: boolean | undefined
  /** How long a nonce is good, in milliseconds; default five minutes. */
  readonly lifetime?: number | undefined
  /** How many nonces in use are kept count of; default 100 000. See {@link Nonces}. */
  readonly capacity?: number | undefined
  /**
   * What nonces are signed with; default a random one. One that stays lets nonces survive a restart; between several
   * servers each still counts for itself, so that a digest can be replayed once at each.
   */
  readonly secret?: string | undefined
  /**
   * Whether the `uri` that the digest covers may stand for the request. Default: it must be the Request-URI. A proxy
   * or back-to-back user agent in between may have rewritten that (RFC 3261 §22.4); where it does, say so here.
   */
  readonly acceptsUri?: ((digestUri: string, request: SipRequest) => boolean) | undefined
  /** Whether user names are asked for as hashes (RFC 7616 §3.4.4); default false. */
  readonly userhash?: boolean | undefined
}

/** A request that has proved who sent it. */
export interface Authenticated<User> {
  readonly type: 'ok'
  readonly user: User
  /** As it came. */
  readonly username: string
  readonly realm: string
  /**
   * Headers for the response to it: Authentication-Info with this end's proof, and with the next nonce where the
   * present one has lived half its life.
   *
   * @param body the body of that response, which the proof covers with `auth-int`
   */
  confirm(body?: Uint8Array): Readonly<Record<string, string>>
}

/** What a request has shown. What is not `ok` is made to be answered with: `endpoint.respond(received, v.status, v)`. */
export type Verdict<User> =
  | Authenticated<User>
  /** It has to come again with credentials: it had none, or (`stale`) right ones with a nonce that is no good now. */
  | {
      readonly type: 'challenge'
      readonly status: 401 | 407
      readonly stale: boolean
      readonly headers: Readonly<Record<string, readonly string[]>>
    }
  /** The credentials are wrong. Whether there is such a user shows nowhere. */
  | {
      readonly type: 'forbidden'
      readonly status: 403
      readonly username: string
      readonly headers: Readonly<Record<string, readonly string[]>>
    }

const NO_BODY = new Uint8Array(0)

/**
 * Asks who sends a request, and checks the answer (RFC 3261 §22, RFC 7616, RFC 8760): for registrars, user agents and
 * proxies.
 *
 * ```ts
 * const { clock, random } = endpoint
 * const lookup = async ({ username }) => database.user(username)       // { ha1: { 'SHA-256': '...' } }
 * const authenticator = new DigestAuthenticator({ clock, random, realm: 'example.com', lookup })
 *
 * // a user agent
 * ua.on('invite', async (incoming) => {
 *   const reject = (status, init) => incoming.reject(status, init)
 *   if (await requireAuth(authenticator, incoming.received, reject)) incoming.accept({ sdp })
 * })
 *
 * // a registrar
 * receive(received) {
 *   if (received.message.method !== 'REGISTER') return false
 *   const transaction = endpoint.accept(received, this)
 *   const respond = (status, init) => transaction.respond(endpoint.createResponse(received, status, init))
 *   void requireAuth(authenticator, received, respond).then((known) => {
 *     if (known) respond(200, { headers: { Contact: this.bind(known.user, received), ...known.confirm() } })
 *   })
 *   return true
 * }
 * ```
 *
 * @see pjsip_auth_srv_init, pjsip_auth_srv_verify
 */
export class DigestAuthenticator<User extends DigestUser> {
  readonly #init: DigestAuthenticatorInit<User>
  readonly #place: AuthPlace
  readonly #algorithms: readonly DigestAlgorithm[]
  readonly #qop: readonly DigestQop[]
  readonly #nonces: Nonces
  // The password of whoever there is none of: the same is done whether there is such a user or not.
  readonly #nobody: string

  constructor(init: DigestAuthenticatorInit<User>) {
    const { clock, random, lifetime = 300_000, capacity = 100_000 } = init
    this.#init = init
    this.#place = AUTH_PLACES[init.role ?? 'server']
    this.#algorithms = init.algorithms ?? ['SHA-256', 'MD5']
    this.#qop = init.qop ?? ['auth']
    const secret = init.secret ?? randomToken(random, 52)
    this.#nonces = new Nonces({ clock, random, secret, lifetime, capacity })
    this.#nobody = randomToken(random, 26)
  }

  /**
   * Looks at the credentials of a request. At once where `lookup` answers at once, else later.
   *
   * Not for an ACK or CANCEL: neither can be sent again with credentials, so they are let pass (RFC 3261 §22.1).
   *
   * @throws StateError for an ACK or CANCEL; what `lookup` throws
   * @see pjsip_auth_srv_verify2
   */
  verify(received: { readonly message: SipRequest }): Verdict<User> | Promise<Verdict<User>> {
    const { message } = received
    if (message.method === 'ACK' || message.method === 'CANCEL')
      throw new StateError(`a ${message.method} cannot be challenged`)
    const realm = this.#realmOf(message)
    const answer = this.#answerOf(message, realm)
    const issued = answer && this.#nonces.issued(answer.nonce)
    if (answer === undefined || issued === undefined) return this.#challenge(realm, false)
    const { username, userhash, algorithm } = answer
    const found = this.#init.lookup({ username, realm, userhash: userhash ? algorithm.hash : undefined })
    return isPromise(found)
      ? Promise.resolve(found).then((user) => this.#judge(message, answer, issued, user))
      : this.#judge(message, answer, issued, found)
  }

  #judge(request: SipRequest, answer: DigestAnswer, issued: number, user: User | undefined): Verdict<User> {
    const { username, realm, nonce, count } = answer
    const { hash } = answer.algorithm
    const nobody = digestHa1(hash, username, realm, this.#nobody)
    const ha1 = (user && ha1Of(user, hash, user.username ?? username, realm)) ?? nobody
    const digest = digestOf(answer, ha1, request.method, request.body)
    const matches = equalsInConstantTime(answer.response, digest)
    const fits = this.#acceptsUri(answer.uri, request)
    if (user !== undefined && matches && fits) {
      if (!this.#nonces.use(nonce, issued, count)) return this.#challenge(realm, true)
      const confirm = (body: Uint8Array = NO_BODY) => this.#confirm(answer, ha1, issued, body)
      return { type: 'ok', user, username, realm, confirm }
    }
    if (this.#nonces.age(issued) >= 1) return this.#challenge(realm, false)
    return { type: 'forbidden', status: 403, username, headers: {} }
  }

  #challenge(realm: string, stale: boolean): Verdict<User> {
    const nonce = this.#nonces.issue()
    const { userhash = false } = this.#init
    const headers = this.#algorithms.map((algorithm) =>
      writeDigestChallenge({ realm, nonce, opaque: undefined, algorithm, qop: this.#qop, stale, userhash }),
    )
    const { status, challenge } = this.#place
    return { type: 'challenge', status, stale, headers: { [challenge.name]: headers.map(String) } }
  }

  // RFC 7616 §3.5.
  #confirm(
    answer: DigestAnswer,
    ha1: string,
    issued: number,
    body: Uint8Array,
  ): Readonly<Record<string, string>> {
    const { algorithm, qop, cnonce, nc } = answer
    // With -sess the first nonce is part of the key for all that follow, and peers disagree on what replaces it.
    const renew = this.#nonces.age(issued) >= 0.5 && !algorithm.session
    const counted = qop !== 'none'
    const quoted = AuthParams.of({
      nextnonce: renew ? this.#nonces.issue() : undefined,
      rspauth: digestOf(answer, ha1, '', body),
      cnonce: counted ? cnonce : undefined,
    })
    const tokens = AuthParams.of({}, { qop: counted ? qop : undefined, nc: counted ? nc : undefined })
    return { [this.#place.info.name]: String(quoted.with(tokens)) }
  }

  // Of several credentials for the realm the first ones count (RFC 3261 §22.3 allows only one).
  #answerOf({ headers }: SipRequest, realm: string): DigestAnswer | undefined {
    const answer = headers
      .getAll(this.#place.credentials)
      .map(readDigestAnswer)
      .find((each) => each?.realm === realm)
    if (answer === undefined || !this.#algorithms.includes(answer.algorithm.name)) return undefined
    const taken = answer.qop === 'none' ? this.#init.requireQop === false : this.#qop.includes(answer.qop)
    return taken ? answer : undefined
  }

  #acceptsUri(digestUri: string, request: SipRequest): boolean {
    return this.#init.acceptsUri?.(digestUri, request) ?? isSameUri(digestUri, request)
  }

  #realmOf(request: SipRequest): string {
    const { realm } = this.#init
    return typeof realm === 'string' ? realm : realm(request)
  }
}

function digestOf(answer: DigestAnswer, ha1: string, method: string, body: Uint8Array): string {
  return digestResponse({ ...answer, ha1, method, body })
}

function isSameUri(text: string, { uri }: SipRequest): boolean {
  if (text === String(uri)) return true
  try {
    return parseUri(text).equals(uri)
  } catch (error) {
    if (error instanceof ParseError) return false
    throw error
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value
}
