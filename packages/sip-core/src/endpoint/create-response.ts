import { type Body, type ExtraHeaders, writeBody, writeExtraHeaders } from '../body/index.ts'
import {
  CallId,
  Contact,
  CSeq,
  From,
  Headers,
  type NameAddr,
  type OutgoingResponse,
  RecordRoute,
  reasonPhrase,
  SipResponse,
  To,
  Via,
  type ViaValue,
} from '../message/index.ts'
import { type ReceivedRequest, stampedVia } from '../transport/index.ts'

/** What a response says besides its status. */
export interface ResponseInit {
  /** Default: the registered phrase for the status. */
  readonly reason?: string | undefined
  /** Put into To where the request has no tag; has no effect on a 100 (RFC 3261 §8.2.6.2). */
  readonly toTag?: string | undefined
  readonly contact?: NameAddr | undefined
  readonly headers?: ExtraHeaders | undefined
  readonly body?: Body | undefined
}

/**
 * The response to a received request: Via with received and rport, From, To, Call-ID and CSeq copied as they
 * came, and Record-Route where the response may make a dialog (RFC 3261 §8.2.6, §12.1.1).
 *
 * @throws ArgumentError when a value cannot stand in a header, or the status is not 100 to 699
 * @see pjsip_endpt_create_response
 */
export function createResponse(
  received: ReceivedRequest,
  status: number,
  init: ResponseInit = {},
): OutgoingResponse {
  const request = received.message
  const headers = new Headers()
  headers.setAll(Via, stampedVias(received))
  if (status > 100 && status < 300) headers.copy(request.headers, RecordRoute)
  headers.copy(request.headers, From)
  headers.copy(request.headers, To)
  const to = request.to
  if (status > 100 && to.tag === undefined && init.toTag !== undefined) {
    headers.set(To, to.withParam('tag', init.toTag))
  }
  headers.copy(request.headers, CallId)
  headers.copy(request.headers, CSeq)
  if (status === 100) headers.copy(request.headers, 'Timestamp')
  if (init.contact !== undefined) headers.set(Contact, init.contact)
  const body = writeBody(headers, init.body)
  writeExtraHeaders(headers, init.headers)
  return new SipResponse({ status, reason: init.reason ?? reasonPhrase(status), headers, body })
}

/**
 * The answer to a request that cannot be read as a whole: From, To, Call-ID and CSeq are copied as they came,
 * right or wrong, since the sender must recognise them.
 *
 * @param via whether its Via can be read; if not it is copied as it came, too
 */
export function createRefusal(
  received: ReceivedRequest,
  status: number,
  init: { readonly reason: string; readonly via: boolean },
): OutgoingResponse {
  const request = received.message
  const headers = new Headers()
  if (init.via) headers.setAll(Via, stampedVias(received))
  else headers.copy(request.headers, Via)
  for (const header of [From, To, CallId, CSeq]) headers.copy(request.headers, header)
  return new SipResponse({ status, reason: init.reason, headers })
}

function stampedVias({ message, flow }: ReceivedRequest): readonly ViaValue[] {
  return [stampedVia(message, flow.remote), ...message.headers.getAll(Via).slice(1)]
}
