import { type Random, randomToken } from '../base/random.ts'
import type { SipRequest } from '../message/index.ts'

/** What every branch of RFC 3261 begins with, so that those of RFC 2543 can be told apart (RFC 3261 §8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK'

/** A new branch: unique, not to be guessed, and the same when a peer folds its case. */
export function newBranch(random: Random): string {
  return MAGIC_COOKIE + randomToken(random)
}

/**
 * Under which a response finds its client transaction: the branch of its top Via and the method in its CSeq
 * (RFC 3261 §17.1.3). The method tells a CANCEL from the INVITE whose branch it shares.
 *
 * @see pjsip_tsx_create_key
 */
export function clientKey(branch: string, method: string): string {
  return `${method} ${branch.toLowerCase()}`
}

/**
 * Under which a request finds its server transaction (RFC 3261 §17.2.3): branch and sent-by of its top Via and
 * the method. For a peer of RFC 2543, whose branch identifies nothing: Request-URI, From tag, Call-ID, CSeq
 * number and top Via.
 *
 * @param method which transaction is looked for: the request's own, or `'INVITE'` for its ACK or CANCEL
 * @throws ParseError when one of the headers that are read is missing or malformed, which a validated message
 *   never is
 * @see pjsip_tsx_create_key
 */
export function serverKey(request: SipRequest, method: string = request.method): string {
  const { branch = '', host, port = '' } = request.via
  const sentBy = `${host.toLowerCase()}:${port}`
  if (branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE))
    return `${method} ${sentBy} ${branch}`
  const { uri, from, callId, cseq } = request
  // A method is a token and a branch has no space, so that no key of this kind looks like one of the other.
  return `${method} ${sentBy} ${branch} ${cseq.seq} ${from.tag ?? ''} ${callId} ${uri}`
}

/**
 * What a request has in common with itself when it comes a second time another way, as a fork that joins again
 * brings it about: From tag, Call-ID and CSeq (RFC 3261 §8.2.2.2). Undefined for one that cannot: a request within
 * a dialog, an ACK, or a CANCEL, which goes with its INVITE.
 */
export function mergeKey({ method, to, from, callId, cseq }: SipRequest): string | undefined {
  if (to.tag !== undefined || method === 'ACK' || method === 'CANCEL') return undefined
  return `${method} ${cseq.seq} ${from.tag ?? ''} ${callId}`
}
