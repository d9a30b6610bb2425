import { ArgumentError } from '../base/errors.ts'
import { type ExtraHeaders, writeExtraHeaders } from '../body/index.ts'
import {
  Headers,
  MaxForwards,
  type NameAddr,
  type OutgoingRequest,
  RecordRoute,
  Route,
  SipRequest,
  type Uri,
  Via,
} from '../message/index.ts'
import { type ReceivedRequest, stampedVia } from '../transport/index.ts'
import { departing } from './routing.ts'

/** What a proxy changes in a request. */
export interface ForwardedRequestInit {
  /** The target; default: the Request-URI as it came. Its headers and method are taken off. */
  readonly uri?: Uri | undefined
  /** The whole of the route, first hop first; default: the Routes as they came. */
  readonly route?: readonly NameAddr[] | undefined
  /** Put above the Record-Routes that there are, topmost first; see `recordRoutes`. */
  readonly recordRoute?: readonly NameAddr[] | undefined
  /** Replace what has their name. */
  readonly headers?: ExtraHeaders | undefined
}

/** Max-Forwards where the sender gave none (RFC 3261 §16.6 step 3). */
const MAX_FORWARDS = 70

/**
 * The copy of a received request that goes on to the next hop (RFC 3261 §16.6): with the target as its Request-URI,
 * one hop less to go, the Via it came with marked with where it came from (§18.2.1), and the routes in the order in
 * which the next hop understands them, should it be a strict router. Everything else, headers unknown here included,
 * is as it came. The Via of this element is put on top when it is sent.
 *
 * @throws ArgumentError when there is no hop left to go (answer 483), or a header cannot be written
 * @see pjsip_endpt_create_request_fwd
 */
export function createForwardedRequest(
  received: ReceivedRequest,
  init: ForwardedRequestInit = {},
): OutgoingRequest {
  const { message, flow } = received
  const left = message.headers.get(MaxForwards)
  if (left === 0) throw new ArgumentError(`the ${message.method} has no hop left to go`)
  const headers = Headers.from(message.headers)
  const [, ...vias] = message.headers.getAll(Via)
  headers.setAll(Via, [stampedVia(message, flow.remote), ...vias])
  headers.set(MaxForwards, left === undefined ? MAX_FORWARDS : left - 1)
  const routing = departing({
    uri: init.uri ?? message.uri,
    route: init.route ?? message.headers.getAll(Route),
  })
  headers.setAll(Route, routing.route)
  for (const value of [...(init.recordRoute ?? [])].reverse()) headers.prepend(RecordRoute, value)
  writeExtraHeaders(headers, init.headers)
  return new SipRequest({ method: message.method, uri: routing.uri, headers, body: message.body })
}
