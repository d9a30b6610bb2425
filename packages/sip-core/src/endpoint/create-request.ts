import { type Body, type ExtraHeaders, writeBody, writeExtraHeaders } from '../body/index.ts'
import {
  CallId,
  Contact,
  CSeq,
  From,
  Headers,
  MaxForwards,
  type Method,
  type NameAddr,
  type OutgoingRequest,
  Route,
  SipRequest,
  To,
  type Uri,
} from '../message/index.ts'

/** What a request is made of. */
export interface RequestInit {
  readonly method: Method
  /** The Request-URI. */
  readonly uri: Uri
  readonly from: NameAddr
  readonly to: NameAddr
  readonly callId: string
  /** The CSeq number. */
  readonly seq: number
  readonly contact?: NameAddr | undefined
  /** The route set, first hop first. */
  readonly route?: readonly NameAddr[] | undefined
  /** Default 70 (RFC 3261 §8.1.1.6). */
  readonly maxForwards?: number | undefined
  /** Added last; what has a name from above replaces it. */
  readonly headers?: ExtraHeaders | undefined
  readonly body?: Body | undefined
}

/**
 * A request with everything but its Via, which the transport adds when it is known (RFC 3261 §8.1.1).
 *
 * @throws ArgumentError when a value cannot stand in a header
 * @see pjsip_endpt_create_request
 */
export function createRequest(init: RequestInit): OutgoingRequest {
  const headers = new Headers()
  if (init.route !== undefined && init.route.length > 0) headers.setAll(Route, init.route)
  headers.set(MaxForwards, init.maxForwards ?? 70)
  headers.set(From, init.from)
  headers.set(To, init.to)
  headers.set(CallId, init.callId)
  headers.set(CSeq, { seq: init.seq, method: init.method })
  if (init.contact !== undefined) headers.set(Contact, init.contact)
  const body = writeBody(headers, init.body)
  writeExtraHeaders(headers, init.headers)
  return new SipRequest({ method: init.method, uri: init.uri, headers, body })
}
