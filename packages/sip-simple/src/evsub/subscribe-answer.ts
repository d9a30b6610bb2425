import { type ClientRequestEvent, type SipResponse, TimeoutError } from 'sip-core'
import { type Cause, failureCause } from 'sip-ua/dialog'

/** What the final answer to a SUBSCRIBE, or to a request that implies one, means to the subscription. */
export type SubscribeAnswer =
  /** `silent`: no NOTIFY follows. */
  | { readonly input: 'success' | 'silent'; readonly response: SipResponse }
  /** `gone`: it is the end of the subscription even where there was one already. */
  | { readonly input: 'failure' | 'gone'; readonly cause: Cause }

// RFC 6665 §4.1.2.2; 408 as in RFC 3261 §12.2.1.2.
const GONE: ReadonlySet<number> = new Set([
  ...[404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485],
  ...[489, 501, 604],
])

/** The answer that an event is; undefined while there is none. */
export function subscribeAnswer(event: ClientRequestEvent): SubscribeAnswer | undefined {
  switch (event.type) {
    case 'response':
      return responseAnswer(event.received.message)
    case 'failed':
      // RFC 3261 §8.1.3.1: no answer counts as 408, a transport error as 503.
      return {
        input: event.error instanceof TimeoutError ? 'gone' : 'failure',
        cause: failureCause(event.error),
      }
    case 'terminated':
      return undefined
  }
}

function responseAnswer(response: SipResponse): SubscribeAnswer | undefined {
  const { status } = response
  if (status < 200) return undefined
  // RFC 5839 §3.3: 204 says that no NOTIFY follows.
  if (status < 300) return { input: status === 204 ? 'silent' : 'success', response }
  return { input: GONE.has(status) ? 'gone' : 'failure', cause: { type: 'response', response } }
}
