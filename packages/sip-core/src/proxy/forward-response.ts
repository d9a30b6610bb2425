import { Headers, type OutgoingResponse, SipResponse, Via } from '../message/index.ts'
import type { ReceivedResponse } from '../transport/index.ts'

/**
 * The copy of a received response that goes back to where its request came from: without this element's Via, and
 * otherwise as it came (RFC 3261 §16.7 step 3). Undefined when there is no further Via: it was meant for here.
 *
 * @see pjsip_endpt_create_response_fwd
 */
export function createForwardedResponse({ message }: ReceivedResponse): OutgoingResponse | undefined {
  const [, ...vias] = message.headers.getAll(Via)
  if (vias.length === 0) return undefined
  const headers = Headers.from(message.headers).setAll(Via, vias)
  return new SipResponse({ status: message.status, reason: message.reason, headers, body: message.body })
}
