import type { SipRequest, SipResponse } from '../message/index.ts'
import type { AuthRole } from './auth-place.ts'
import { digestHa1 } from './digest.ts'
import type { DigestHash } from './digest-algorithm.ts'

/** Proof of who a user is: the password, or its hash with name and realm for each algorithm ({@link digestHa1}). */
export type DigestSecret =
  | { readonly password: string; readonly ha1?: never }
  | { readonly ha1: Readonly<Partial<Record<DigestHash, string>>>; readonly password?: never }

/**
 * What challenges are answered with.
 *
 * @see pjsip_cred_info
 */
export type Credentials = DigestSecret & {
  readonly username: string
  /** Only for this realm; default: for any that asks. */
  readonly realm?: string | undefined
}

/** Who asks for credentials, and for what. */
export interface CredentialsRequest {
  readonly realm: string
  readonly role: AuthRole
  /** The request that was refused. */
  readonly request: SipRequest
  readonly response: SipResponse
}

/**
 * Where credentials come from: the same ones always; a list, of which those for the realm come before those for any;
 * or a function, which is asked at the first challenge of a realm and when what it gave was refused, and may take its
 * time. Undefined leaves the challenge unanswered.
 */
export type CredentialsSource =
  | Credentials
  | readonly Credentials[]
  | ((asked: CredentialsRequest) => Credentials | undefined | Promise<Credentials | undefined>)

/** What `source` has for a realm. */
export function findCredentials(
  source: CredentialsSource,
  asked: CredentialsRequest,
): Credentials | undefined | Promise<Credentials | undefined> {
  if (typeof source === 'function') return source(asked)
  const list = isList(source) ? source : [source]
  return list.find(({ realm }) => realm === asked.realm) ?? list.find(({ realm }) => realm === undefined)
}

/** HA1 of a secret for one hash; undefined when only other hashes are known. */
export function ha1Of(
  secret: DigestSecret,
  hash: DigestHash,
  username: string,
  realm: string,
): string | undefined {
  if (secret.password !== undefined) return digestHa1(hash, username, realm, secret.password)
  return secret.ha1[hash]?.toLowerCase()
}

function isList(source: Credentials | readonly Credentials[]): source is readonly Credentials[] {
  return Array.isArray(source)
}
