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
  /** Where the request goes, if not where Route and Request-URI would have it: to a strict router. */
  readonly hop?: Uri
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
  const uri = asRequestUri(first.uri)
  return { uri, route: [...rest, new NameAddr({ uri: target })], hop: uri }
}

/** A URI as it may stand in a Request-URI: with neither method parameter nor headers (RFC 3261 §19.1.1). */
export function asRequestUri(uri: Uri): Uri {
  return uri.type === 'sip' ? uri.with({ params: uri.params.without('method'), headers: undefined }) : uri
}

const NOT_IN_TO = ['method', 'maddr', 'ttl', 'transport', 'lr'] as const

/** An address as it may stand in From and To: it says who, not how to get there (RFC 3261 §19.1.1, table 1). */
export function asIdentity(address: NameAddr): NameAddr {
  const { uri } = address
  if (uri.type !== 'sip') return address
  const params = NOT_IN_TO.reduce((left, name) => left.without(name), uri.params)
  return address.with({ uri: uri.with({ params, headers: undefined }) })
}
