import { type AuthValue, isToken } from '../message/index.ts'
import { percentDecode } from '../message/params.ts'
import type { DigestQop } from './digest.ts'
import { type DigestAlgorithmParts, digestAlgorithm } from './digest-algorithm.ts'

/** Digest credentials (RFC 7616 §3.4). */
export interface DigestAnswer {
  readonly username: string
  /** Whether `username` is its hash (RFC 7616 §3.4.4). */
  readonly userhash: boolean
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  readonly response: string
  readonly algorithm: DigestAlgorithmParts
  /** `none`: as in RFC 2069, without counter and cnonce. */
  readonly qop: DigestQop | 'none'
  readonly cnonce: string
  /** As it was written. */
  readonly nc: string
  /** What `nc` counts; 1 where there is none. */
  readonly count: number
}

/** Reads credentials; undefined when they are of another scheme, or lack or garble something. */
export function readDigestAnswer(value: AuthValue): DigestAnswer | undefined {
  if (!value.is('Digest')) return undefined
  const { params } = value
  const [realm, nonce, uri, response] = ['realm', 'nonce', 'uri', 'response'].map((name) => params.get(name))
  const username = params.get('username') ?? extended(params.get('username*'))
  const algorithm = digestAlgorithm(params.get('algorithm'))
  if (realm === undefined || nonce === undefined || uri === undefined) return undefined
  if (response === undefined || username === undefined || algorithm === undefined) return undefined
  const qop = params.get('qop') ?? 'none'
  const nc = params.get('nc') ?? ''
  const count = qop === 'none' ? 1 : countOf(nc)
  const cnonce = params.get('cnonce')
  if (qop !== 'none' && (!isQop(qop) || cnonce === undefined || count === undefined)) return undefined
  return {
    username,
    userhash: params.get('userhash')?.toLowerCase() === 'true',
    realm,
    nonce,
    uri,
    response: response.toLowerCase(),
    algorithm,
    qop,
    cnonce: cnonce ?? '',
    nc,
    count: count ?? 1,
  }
}

function isQop(qop: string): qop is DigestQop {
  return qop === 'auth' || qop === 'auth-int'
}

function countOf(nc: string): number | undefined {
  if (nc.length !== 8 || !isToken(nc)) return undefined
  let count = 0
  for (const digit of nc.toLowerCase()) {
    const value = '0123456789abcdef'.indexOf(digit)
    if (value < 0) return undefined
    count = count * 16 + value
  }
  return count === 0 ? undefined : count
}

// RFC 8187 §3.2: `UTF-8'en'J%C3%A4s`.
function extended(text: string | undefined): string | undefined {
  const [charset, , escaped] = text?.split("'") ?? []
  return charset?.toLowerCase() === 'utf-8' && escaped !== undefined ? percentDecode(escaped) : undefined
}
