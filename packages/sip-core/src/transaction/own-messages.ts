/* The messages that transactions write on their own account. */
import {
  CallId,
  CSeq,
  From,
  Headers,
  MaxForwards,
  type OutgoingRequest,
  type OutgoingResponse,
  Route,
  SipRequest,
  SipResponse,
  To,
  Via,
} from '../message/index.ts'
import { type ReceivedRequest, stampedVia } from '../transport/index.ts'

/** The ACK for a final response other than 2xx: the INVITE's top Via, the response's To (RFC 3261 §17.1.1.3). */
export function createAck(invite: OutgoingRequest, response: SipResponse): OutgoingRequest {
  const headers = new Headers()
  headers.set(Via, invite.via)
  headers.copy(invite.headers, Route)
  headers.set(MaxForwards, 70)
  headers.copy(invite.headers, From)
  headers.copy(response.headers, To)
  headers.copy(invite.headers, CallId)
  headers.set(CSeq, { seq: invite.cseq.seq, method: 'ACK' })
  return new SipRequest({ method: 'ACK', uri: invite.uri, headers })
}

/**
 * The CANCEL for an INVITE, without its Via: that is the INVITE's again, and is written when the CANCEL is sent
 * with the INVITE's branch on its flow (RFC 3261 §9.1).
 *
 * @see pjsip_endpt_create_cancel
 */
export function createCancel(invite: OutgoingRequest): OutgoingRequest {
  const headers = new Headers()
  headers.copy(invite.headers, Route)
  headers.set(MaxForwards, 70)
  headers.copy(invite.headers, From)
  headers.copy(invite.headers, To)
  headers.copy(invite.headers, CallId)
  headers.set(CSeq, { seq: invite.cseq.seq, method: 'CANCEL' })
  return new SipRequest({ method: 'CANCEL', uri: invite.uri, headers })
}

/** The 100 that stops an INVITE from being resent while its user thinks (RFC 3261 §8.2.6, §17.2.1). */
export function createTrying({ message, flow }: ReceivedRequest): OutgoingResponse {
  const headers = new Headers()
  headers.setAll(Via, [stampedVia(message, flow.remote), ...message.headers.getAll(Via).slice(1)])
  headers.copy(message.headers, From)
  headers.copy(message.headers, To)
  headers.copy(message.headers, CallId)
  headers.copy(message.headers, CSeq)
  headers.copy(message.headers, 'Timestamp')
  return new SipResponse({ status: 100, headers })
}
