import { md5 } from '@noble/hashes/legacy'
import { sha256, sha512_256 } from '@noble/hashes/sha2'
import { bytesToHex } from '@noble/hashes/utils'
import { textToBytes } from '../message/index.ts'

/** A hash function that digest authentication can use (RFC 7616 §3.2, RFC 8760 §2.1). */
export type DigestHash = 'MD5' | 'SHA-256' | 'SHA-512-256'

/**
 * An `algorithm` of digest authentication. With `-sess` the hash of name, realm and password is hashed once more with
 * the nonces of both ends.
 */
export type DigestAlgorithm = DigestHash | `${DigestHash}-sess`

/** What an algorithm's name says. */
export interface DigestAlgorithmParts {
  readonly name: DigestAlgorithm
  readonly hash: DigestHash
  readonly session: boolean
  /** The higher, the better. */
  readonly strength: number
}

const HASHES = { MD5: md5, 'SHA-256': sha256, 'SHA-512-256': sha512_256 } as const

const NAMES: readonly DigestHash[] = ['MD5', 'SHA-256', 'SHA-512-256']

const ALGORITHMS: ReadonlyMap<string, DigestAlgorithmParts> = new Map(
  NAMES.flatMap((hash, strength): DigestAlgorithmParts[] => [
    { name: hash, hash, session: false, strength },
    { name: `${hash}-sess`, hash, session: true, strength },
  ]).map((parts) => [parts.name.toLowerCase(), parts]),
)

/** The algorithm of that name, in any case; of none: MD5 (RFC 3261 §22.4). Undefined for those unknown here. */
export function digestAlgorithm(name = 'MD5'): DigestAlgorithmParts | undefined {
  return ALGORITHMS.get(name.toLowerCase())
}

/** The hash of bytes, or of text in UTF-8, in hexadecimal digits. */
export function digestOf(hash: DigestHash, data: string | Uint8Array): string {
  return bytesToHex(HASHES[hash](typeof data === 'string' ? textToBytes(data) : data))
}
