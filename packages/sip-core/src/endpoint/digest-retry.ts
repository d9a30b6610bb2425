import type { DigestClient } from '../auth/index.ts'
import type { OutgoingRequest } from '../message/index.ts'
import { authentication, type Hop, type Retry } from './attempt.ts'
import type { ClientRequestUser } from './client-request.ts'

/** Answers challenges by a digest client. */
export function digestRetry(digest: DigestClient, nextSeq?: (request: OutgoingRequest) => number): Retry {
  let hop: Hop | undefined
  let retry: Retry = () => undefined
  return (attempt, outcome) => {
    // The next target is another server: that it asks too does not mean that it refuses.
    if (attempt.hops[0] !== hop) {
      hop = attempt.hops[0]
      retry = authentication(digest.answers(nextSeq))
    }
    return retry(attempt, outcome)
  }
}

/** Has the client hear what servers say of the credentials that they took, before `user` hears of the response. */
export function learning(digest: DigestClient, user: ClientRequestUser): ClientRequestUser {
  return {
    onClientRequest(event, handle) {
      if (event.type === 'response' && event.received.message.status >= 200)
        digest.learn(handle.request, event.received.message)
      user.onClientRequest(event, handle)
    },
  }
}
