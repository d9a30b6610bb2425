import { addressHeader, type HeaderCodec, type NameAddr } from 'sip-core'

/**
 * Referred-By (RFC 3892 §3): who sent the REFER. Its `cid` parameter ({@link contentIdOf}) points to a body part
 * with a signed token.
 */
export const ReferredBy: HeaderCodec<NameAddr> = addressHeader('Referred-By')

/** The Content-ID of the token that a Referred-By points to; `undefined` if it points to none. */
export function contentIdOf(referredBy: NameAddr): string | undefined {
  return referredBy.params.get('cid') ?? undefined
}
