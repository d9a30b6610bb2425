import { AuthParams, AuthValue } from '../message/index.ts'
import type { DigestQop } from './digest.ts'
import { type DigestAlgorithm, type DigestAlgorithmParts, digestAlgorithm } from './digest-algorithm.ts'

/** A digest challenge (RFC 7616 §3.3). */
export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  /** Undefined: not given, which means MD5. */
  readonly algorithm: DigestAlgorithm | undefined
  /** What the server takes; undefined: it knows of none (RFC 2069). May hold values that nobody here knows. */
  readonly qop: readonly string[] | undefined
  /** The credentials were right but their nonce is not good any more. */
  readonly stale: boolean
  /** The server wants the user name hashed. */
  readonly userhash: boolean
}

/** A challenge that can be answered, with how. */
export interface AnswerableChallenge extends DigestChallenge {
  readonly parts: DigestAlgorithmParts
  readonly chosenQop: DigestQop | 'none'
}

/** A digest challenge as a header value. */
export function writeDigestChallenge(challenge: DigestChallenge): AuthValue {
  const { realm, nonce, opaque, algorithm, qop, stale, userhash } = challenge
  const quoted = AuthParams.of({ realm, nonce, opaque, qop: qop?.join(',') })
  const yes = (is: boolean) => (is ? 'true' : undefined)
  const tokens = AuthParams.of({}, { algorithm, stale: yes(stale), userhash: yes(userhash) })
  return new AuthValue({ scheme: 'Digest', params: quoted.with(tokens) })
}

/**
 * Reads a challenge; undefined when it is of another scheme, lacks what it needs, or has an algorithm or only qops
 * that nobody here knows.
 *
 * @param integrity whether `auth-int` is chosen where there is a choice
 */
export function readDigestChallenge(value: AuthValue, integrity: boolean): AnswerableChallenge | undefined {
  const { params } = value
  const realm = params.get('realm')
  const nonce = params.get('nonce')
  const parts = digestAlgorithm(params.get('algorithm'))
  const opaque = params.get('opaque')
  if (!value.is('Digest') || realm === undefined || nonce === undefined || parts === undefined)
    return undefined
  // It comes back in the answer.
  if (!isWritable(realm + nonce + (opaque ?? ''))) return undefined
  const qop = listOf(params.get('qop'))
  const chosenQop = chooseQop(qop, integrity)
  if (chosenQop === undefined) return undefined
  return {
    realm,
    nonce,
    opaque,
    algorithm: params.has('algorithm') ? parts.name : undefined,
    qop,
    stale: isTrue(params.get('stale')),
    userhash: isTrue(params.get('userhash')),
    parts,
    chosenQop,
  }
}

function chooseQop(
  offered: readonly string[] | undefined,
  integrity: boolean,
): DigestQop | 'none' | undefined {
  if (offered === undefined) return 'none'
  const order: readonly DigestQop[] = integrity ? ['auth-int', 'auth'] : ['auth', 'auth-int']
  return order.find((qop) => offered.includes(qop))
}

// An empty list is none.
function listOf(text: string | undefined): readonly string[] | undefined {
  const values = text?.split(',').map((value) => value.trim().toLowerCase())
  const given = values?.filter((value) => value !== '')
  return given?.length === 0 ? undefined : given
}

/** Whether a text can be written as a quoted string: a peer may send a NUL behind a backslash, we never do. */
export function isWritable(text: string): boolean {
  return !(text.includes('\0') || text.includes('\r') || text.includes('\n'))
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true'
}
