import { type DigestAlgorithmParts, type DigestHash, digestOf } from './digest-algorithm.ts'

/** What the digest covers: the request line (`auth`), or the body as well (`auth-int`). */
export type DigestQop = 'auth' | 'auth-int'

/** What a digest is made of. */
export interface DigestInput {
  readonly algorithm: DigestAlgorithmParts
  /** From {@link digestHa1}. */
  readonly ha1: string
  readonly nonce: string
  /** `none`: as in RFC 2069, without counter and cnonce. */
  readonly qop: DigestQop | 'none'
  /** Eight hexadecimal digits. */
  readonly nc: string
  readonly cnonce: string
  /** Empty for the digest that the server proves itself with. */
  readonly method: string
  readonly uri: string
  readonly body: Uint8Array
}

/**
 * HA1: the hash of user name, realm and password (RFC 7616 §3.4.2), which can be kept in place of the password. It
 * opens that realm as the password does.
 *
 * @see pjsip_auth_create_digest2
 */
export function digestHa1(hash: DigestHash, username: string, realm: string, password: string): string {
  return digestOf(hash, `${username}:${realm}:${password}`)
}

/** The user name as it is sent where the server asks for that (RFC 7616 §3.4.4). */
export function digestUserhash(hash: DigestHash, username: string, realm: string): string {
  return digestOf(hash, `${username}:${realm}`)
}

/** The digest that answers a challenge (RFC 7616 §3.4.1), or proves the server (§3.5). */
export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, qop, nc, cnonce, method, uri, body } = input
  const { hash, session } = algorithm
  const ha1 = session ? digestOf(hash, `${input.ha1}:${nonce}:${cnonce}`) : input.ha1
  const whole = qop === 'auth-int' ? `:${digestOf(hash, body)}` : ''
  const ha2 = digestOf(hash, `${method}:${uri}${whole}`)
  const between = qop === 'none' ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`
  return digestOf(hash, `${ha1}:${between}:${ha2}`)
}

/** A nonce count as it is written. */
export function formatNc(count: number): string {
  return count.toString(16).padStart(8, '0')
}

/** Whether two texts are the same; how long it takes tells nothing of where they differ. */
export function equalsInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % b.length)
  return difference === 0
}
