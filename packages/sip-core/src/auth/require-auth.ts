import type { SipRequest } from '../message/index.ts'
import type { Authenticated, DigestAuthenticator, DigestUser } from './digest-authenticator.ts'

/**
 * Lets a request pass that has proved who sent it, and answers any other: challenges it, or refuses it.
 *
 * @param respond sends the answer, e.g. through the request's transaction, which must be open already: until the
 *   user is looked up the peer may send the request again
 * @returns who sent the request, or undefined when it has been answered
 * @throws (rejects) what the authenticator's `verify` throws
 */
export async function requireAuth<User extends DigestUser>(
  authenticator: DigestAuthenticator<User>,
  received: { readonly message: SipRequest },
  respond: (
    status: number,
    init: { readonly headers: Readonly<Record<string, string | readonly string[]>> },
  ) => void,
): Promise<Authenticated<User> | undefined> {
  const verdict = await authenticator.verify(received)
  if (verdict.type === 'ok') return verdict
  respond(verdict.status, { headers: verdict.headers })
  return undefined
}
