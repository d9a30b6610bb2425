import { surface } from '../base/emitter.ts'
import { ArgumentError } from '../base/errors.ts'
import { type Random, randomToken } from '../base/random.ts'
import {
  AuthParams,
  AuthValue,
  CSeq,
  type OutgoingRequest,
  SipRequest,
  type SipResponse,
} from '../message/index.ts'
import { type AskingRealm, askingRealms, realmKey } from './asking-realm.ts'
import { AUTH_PLACES, type AuthPlace, type AuthRole } from './auth-place.ts'
import {
  type Credentials,
  type CredentialsRequest,
  type CredentialsSource,
  findCredentials,
  ha1Of,
} from './credentials.ts'
import { digestResponse, digestUserhash, equalsInConstantTime, formatNc } from './digest.ts'
import { digestAlgorithm } from './digest-algorithm.ts'
import { type AnswerableChallenge, isWritable } from './digest-challenge.ts'

/** How challenges are answered. */
export interface DigestClientInit {
  readonly credentials: CredentialsSource
  readonly random: Random
  /** Whether the digest covers the body too (`auth-int`) where the server leaves the choice; default false. */
  readonly integrity?: boolean | undefined
  /** Whether later requests bring their credentials without being asked; default true. */
  readonly preemptive?: boolean | undefined
  /**
   * Told when a server has tried to prove that it knows the password too (`rspauth`, RFC 7616 §3.5). What to do about
   * one that failed is for the application to say: the response has been taken.
   */
  readonly onProof?: ((proof: ServerProof) => void) | undefined
}

/** A server's proof that it knows the password. */
export interface ServerProof {
  readonly realm: string
  readonly role: AuthRole
  readonly valid: boolean
  readonly response: SipResponse
}

/** Gives the request with credentials, or undefined when the challenge stands. */
type Answer = OutgoingRequest | undefined

/** What one realm is answered with, from its first challenge on. */
interface Session {
  readonly place: AuthPlace
  readonly challenge: AnswerableChallenge
  readonly credentials: Credentials
  readonly ha1: string
  readonly cnonce: string
  readonly nonce: string
  /** How often the nonce has been used. */
  readonly uses: number
}

/**
 * Answers the digest challenges of servers and proxies (RFC 3261 §22, RFC 7616, RFC 8760), and remembers what they
 * have asked for, so that later requests bring it along.
 *
 * One client is for what belongs together: a dialog, a registration, a single request. Credentials for a proxy must
 * not be carried from one Call-ID to another (RFC 3261 §22.3), and no peer need see a digest that it did not ask for.
 *
 * Of several challenges of one realm the one with the strongest algorithm is answered, whatever their order is; of
 * several realms each is. Credentials that were refused are not sent again: a realm that asks once more, and does not
 * say that only the nonce was too old, has given its answer.
 *
 * @see pjsip_auth_clt_init, pjsip_auth_clt_set_credentials
 */
export class DigestClient {
  readonly #init: DigestClientInit
  readonly #sessions = new Map<string, Session>()

  /** @throws ArgumentError when credentials cannot be written into a header */
  constructor(init: DigestClientInit) {
    this.#init = init
    if (typeof init.credentials !== 'function') for (const each of [init.credentials].flat()) check(each)
  }

  /**
   * Gives a request the credentials that are known already, in place of those it has.
   *
   * @see pjsip_auth_clt_init_req
   */
  authorize(request: OutgoingRequest): void {
    if (this.#init.preemptive !== false && this.#sessions.size > 0) this.#write(request)
  }

  /**
   * What answers the challenges to one request: given the request as it was sent last and the 401 or 407 to it, the
   * request to send next, without Via. Undefined when there is no answer; a promise where the source of credentials
   * takes its time. What the source throws surfaces as an uncaught exception, and there is no answer.
   *
   * @param nextSeq the CSeq number of the next request; default: one more than that of the last
   * @see pjsip_auth_clt_reinit_req
   */
  answers(
    nextSeq: (request: OutgoingRequest) => number = ({ cseq }) => cseq.seq + 1,
  ): (request: OutgoingRequest, response: SipResponse) => Answer | Promise<Answer> {
    const answered = new Set<string>()
    return (request, response) => {
      const found = askingRealms(response, this.#init.integrity ?? false)
        .filter((asked) => this.#isOpen(asked, answered))
        .map((asked) => this.#find(asked, request, response))
      const retry = (all: readonly Found[]): Answer => {
        for (const [{ key }] of all) answered.add(key)
        const opened = all.filter(([asked, credentials]) => this.#open(asked, credentials))
        return opened.length === 0 ? undefined : this.#repeat(request, nextSeq(request))
      }
      return found.some(isPromise) ? Promise.all(found).then(retry) : retry(found as readonly Found[])
    }
  }

  /**
   * Takes in what a server or proxy says in a response to a request with credentials: the nonce to use next, and its
   * proof.
   */
  learn(request: OutgoingRequest, response: SipResponse): void {
    for (const place of Object.values(AUTH_PLACES)) {
      for (const info of response.headers.getAll(place.info)) this.#learn(place, info, request, response)
    }
  }

  // A realm that refuses what it was just given is not asked about again.
  #isOpen({ key, stale }: AskingRealm, answered: ReadonlySet<string>): boolean {
    if (!answered.has(key) || (this.#sessions.has(key) && stale)) return true
    this.#sessions.delete(key)
    return false
  }

  #find(asked: AskingRealm, request: OutgoingRequest, response: SipResponse): Found | Promise<Found> {
    const known = this.#sessions.get(asked.key)
    if (known !== undefined && asked.stale) return [asked, known.credentials]
    const { realm, place } = asked
    const found = ask(this.#init.credentials, { realm, role: place.role, request, response })
    return isPromise(found) ? found.then((credentials) => [asked, credentials]) : [asked, found]
  }

  #open({ key, place, realm, offers }: AskingRealm, credentials: Credentials | undefined): boolean {
    if (credentials === undefined) return false
    for (const challenge of offers) {
      const { hash } = challenge.parts
      const ha1 = ha1Of(credentials, hash, credentials.username, realm)
      if (ha1 === undefined) continue
      const cnonce = randomToken(this.#init.random)
      this.#sessions.set(key, { place, challenge, credentials, ha1, cnonce, nonce: challenge.nonce, uses: 0 })
      return true
    }
    return false
  }

  #repeat({ method, uri, headers, body }: OutgoingRequest, seq: number): OutgoingRequest {
    const request = new SipRequest({ method, uri, headers: headers.clone(), body })
    request.headers.set(CSeq, { seq, method })
    this.#write(request)
    return request
  }

  #write(request: OutgoingRequest): void {
    for (const place of Object.values(AUTH_PLACES)) {
      const others = request.headers.getAll(place.credentials).filter((value) => !value.is('Digest'))
      const own = [...this.#sessions].filter(([, session]) => session.place === place)
      request.headers.setAll(place.credentials, [
        ...others,
        ...own.map(([key, session]) => this.#use(key, session, request)),
      ])
    }
  }

  #use(key: string, session: Session, { method, uri, body }: OutgoingRequest): AuthValue {
    const { challenge, credentials, ha1, cnonce, nonce } = session
    const { parts, chosenQop: qop, realm } = challenge
    const uses = session.uses + 1
    this.#sessions.set(key, { ...session, uses })
    const nc = formatNc(uses)
    const digestUri = String(uri)
    const digest = { algorithm: parts, ha1, nonce, qop, nc, cnonce, method, uri: digestUri, body }
    const username = challenge.userhash
      ? digestUserhash(parts.hash, credentials.username, realm)
      : credentials.username
    const counted = qop !== 'none'
    const quoted = AuthParams.of({
      username,
      realm,
      nonce,
      uri: digestUri,
      response: digestResponse(digest),
      opaque: challenge.opaque,
      cnonce: counted || parts.session ? cnonce : undefined,
    })
    const tokens = AuthParams.of(
      {},
      {
        algorithm: challenge.algorithm,
        qop: counted ? qop : undefined,
        nc: counted ? nc : undefined,
        userhash: challenge.userhash ? 'true' : undefined,
      },
    )
    return new AuthValue({ scheme: 'Digest', params: quoted.with(tokens) })
  }

  #learn(place: AuthPlace, info: AuthParams, request: OutgoingRequest, response: SipResponse): void {
    const found = this.#meant(place, info, request)
    if (found === undefined) return
    const [key, session, params] = found
    const { realm, parts } = session.challenge
    const rspauth = info.get('rspauth')
    if (rspauth !== undefined && this.#init.onProof !== undefined) {
      const valid = equalsInConstantTime(rspauth.toLowerCase(), proofOf(session, params, response.body))
      surface(() => this.#init.onProof?.({ realm, role: place.role, valid, response }))
    }
    // With -sess the first nonce is part of the key for all that follow, and peers disagree on what replaces it.
    const nonce = info.get('nextnonce')
    if (nonce !== undefined && isWritable(nonce) && !parts.session)
      this.#sessions.set(key, { ...session, nonce, uses: 0 })
  }

  // Authentication-Info names no realm: it is meant for the one credentials that it can be meant for.
  #meant(
    place: AuthPlace,
    info: AuthParams,
    request: OutgoingRequest,
  ): readonly [string, Session, AuthParams] | undefined {
    const cnonce = info.get('cnonce')
    const candidates = request.headers.getAll(place.credentials).flatMap(({ params }) => {
      const key = realmKey(place, params.get('realm') ?? '')
      const session = this.#sessions.get(key)
      const isMeant = session !== undefined && (cnonce === undefined || cnonce === params.get('cnonce'))
      return isMeant ? [[key, session, params] as const] : []
    })
    return candidates.length === 1 ? candidates[0] : undefined
  }
}

type Found = readonly [AskingRealm, Credentials | undefined]

function ask(
  source: CredentialsSource,
  asked: CredentialsRequest,
): Credentials | undefined | Promise<Credentials | undefined> {
  let found: Credentials | undefined | Promise<Credentials | undefined>
  surface(() => {
    const given = findCredentials(source, asked)
    found = isPromise(given) ? given.then(check).catch(raise) : check(given)
  })
  return found
}

function check(credentials: Credentials | undefined): Credentials | undefined {
  if (credentials === undefined || isWritable(credentials.username)) return credentials
  throw new ArgumentError(`the user name ${JSON.stringify(credentials.username)} holds a line break or NUL`)
}

function raise(error: unknown): undefined {
  surface(() => {
    throw error
  })
  return undefined
}

// RFC 7616 §3.5: as the digest of the request, of the response's body and without the method.
function proofOf({ ha1 }: Session, params: AuthParams, body: Uint8Array): string {
  const text = (name: string) => params.get(name) ?? ''
  const algorithm = digestAlgorithm(params.get('algorithm'))
  const qop = params.get('qop') === 'auth-int' ? 'auth-int' : params.has('qop') ? 'auth' : 'none'
  if (algorithm === undefined) return ''
  const [nonce, nc, cnonce, uri] = [text('nonce'), text('nc'), text('cnonce'), text('uri')]
  return digestResponse({ algorithm, ha1, nonce, qop, nc, cnonce, method: '', uri, body })
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise
}
