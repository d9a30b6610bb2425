/* Requests and responses for the tests of this room, printed and read again on the way. */
import {
  CallId,
  CSeq,
  From,
  Headers,
  MaxForwards,
  type OutgoingRequest,
  parseUri,
  SipRequest,
  SipResponse,
  To,
  textToBytes,
  Via,
} from '../message/index.ts'
import { parseMessage, printMessage } from '../parser/index.ts'

export interface RequestOptions {
  readonly method?: string
  readonly uri?: string
  readonly body?: string
}

export function request({ method = 'REGISTER', uri = 'sip:example.com', body = '' }: RequestOptions = {}) {
  const headers = new Headers()
    .set(From, '<sip:alice@example.com>;tag=a')
    .set(To, '<sip:alice@example.com>')
    .set(CallId, 'c1')
    .set(CSeq, { seq: 7, method })
    .set(MaxForwards, 70)
  return new SipRequest({ method, uri: parseUri(uri), headers, body: textToBytes(body) })
}

/** The request as the other end has it. */
export function arrived({ method, uri, headers, body }: OutgoingRequest): { readonly message: SipRequest } {
  const sent = new SipRequest({
    method,
    uri,
    headers: headers.clone().prepend(Via, 'SIP/2.0/UDP h;branch=z9hG4bKx'),
    body,
  })
  const result = parseMessage(printMessage(sent))
  if (result.type !== 'request')
    throw new Error(`${result.type}: ${'error' in result ? result.error.message : ''}`)
  return { message: result.request }
}

/** A response to the request as it arrives, with these header lines. */
export function response(
  to: OutgoingRequest,
  status: number,
  lines: Readonly<Record<string, string | readonly string[]>> = {},
  body = '',
): SipResponse {
  const headers = new Headers().set(Via, 'SIP/2.0/UDP h;branch=z9hG4bKx')
  for (const header of [From, To, CallId, CSeq]) headers.copy(to.headers, header)
  for (const [name, texts] of Object.entries(lines))
    for (const text of [texts].flat()) headers.add(name, text)
  const result = parseMessage(printMessage(new SipResponse({ status, headers, body: textToBytes(body) })))
  if (result.type !== 'response')
    throw new Error(`${result.type}: ${'error' in result ? result.error.message : ''}`)
  return result.response
}
