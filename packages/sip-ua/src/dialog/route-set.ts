import { NameAddr, RecordRoute, type SipMessage, type Uri } from 'sip-core'

/** The route set of whoever received the dialog-forming request: Record-Route in order (RFC 3261 §12.1.1). */
export function uasRouteSet(request: SipMessage): readonly NameAddr[] {
  return request.headers.getAll(RecordRoute)
}

/** The route set of whoever received the dialog-forming response: Record-Route in reverse (RFC 3261 §12.1.2). */
export function uacRouteSet(response: SipMessage): readonly NameAddr[] {
  return [...response.headers.getAll(RecordRoute)].reverse()
}

/** The Request-URI and Route of a request within a dialog. */
export interface Routing {
  readonly uri: Uri
  readonly route: readonly NameAddr[]
}

/**
 * Applies a route set to a remote target (RFC 3261 §12.2.1.1): a loose router stays in Route, a strict one (no
 * `lr`) takes the Request-URI's place and the target goes last.
 */
export function applyRouteSet(target: Uri, routeSet: readonly NameAddr[]): Routing {
  const [first, ...rest] = routeSet
  if (first === undefined || first.uri.type !== 'sip' || first.uri.params.has('lr')) {
    return { uri: target, route: routeSet }
  }
  // RFC 3261 §19.1.1: a Request-URI carries no method parameter and no headers.
  const uri = first.uri.with({ params: first.uri.params.without('method'), headers: undefined })
  return { uri, route: [...rest, new NameAddr({ uri: target })] }
}
