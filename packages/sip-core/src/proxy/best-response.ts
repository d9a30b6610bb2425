import { type OutgoingResponse, ProxyAuthenticate, SipResponse, WWWAuthenticate } from '../message/index.ts'

// RFC 3261 §16.7 step 6: what tells the caller how to ask again.
const TELLING: ReadonlySet<number> = new Set([401, 407, 415, 420, 484])
// What says least of the callee: nobody answered, we gave up, it came by another branch already.
const SILENT: ReadonlySet<number> = new Set([408, 482, 487, 503])

/**
 * The one response, out of the final ones of all branches, that goes back (RFC 3261 §16.7 steps 6 and 7): a 6xx before
 * all others, else one of the lowest class, among its like one that says something. If it asks for credentials, it
 * asks for all that any branch wants; a 503, which is true of one branch and not of this element, becomes a 500.
 *
 * @param responses at least one; the one that is chosen may be changed
 */
export function bestResponse(responses: readonly OutgoingResponse[]): OutgoingResponse {
  const best = responses.reduce((best, response) =>
    rankOf(response.status) < rankOf(best.status) ? response : best,
  )
  if (isChallenge(best)) {
    const others = responses.filter((response) => response !== best && isChallenge(response))
    for (const { headers } of others) {
      best.headers.copy(headers, WWWAuthenticate).copy(headers, ProxyAuthenticate)
    }
  }
  if (best.status !== 503) return best
  return new SipResponse({ status: 500, headers: best.headers, body: best.body })
}

function isChallenge({ status }: OutgoingResponse): boolean {
  return status === 401 || status === 407
}

function rankOf(status: number): number {
  const byClass = status >= 600 ? 0 : Math.floor(status / 100)
  return byClass * 3 + (TELLING.has(status) ? 0 : SILENT.has(status) ? 2 : 1)
}
