import { NameAddr, Route, type SipRequest, type Uri } from '../message/index.ts'
import type { OwnAddresses } from './own-addresses.ts'

/** Where a request goes: its Request-URI and the routes before that. */
export interface Routing {
  readonly uri: Uri
  /** First hop first; empty: straight to `uri`. */
  readonly route: readonly NameAddr[]
}

/** The routing of a request that came in, with what concerned this element taken off. */
export interface ReceivedRouting extends Routing {
  /**
   * Whether a Route led here: the request is within a dialog whose Record-Route named this element, or its sender
   * has this element for its outbound proxy. Such a request goes where it says.
   */
  readonly routed: boolean
}

/**
 * Reads where a received request is to go (RFC 3261 §16.4): takes off the Routes that name this element (two of them
 * where it lies between two transports), undoes what a strict router before it did, and takes off a `maddr` that
 * names it.
 */
export function receivedRouting({ uri, headers }: SipRequest, own: OwnAddresses): ReceivedRouting {
  let route = headers.getAll(Route)
  let target = uri
  const last = route.at(-1)
  // What we put into Record-Route has `lr` and no user; a strict router makes it the Request-URI.
  const strict = uri.type === 'sip' && uri.isLooseRouter && last !== undefined && own.has(uri)
  if (strict) {
    target = last.uri
    route = route.slice(0, -1)
  }
  const first = route.findIndex((hop) => !own.has(hop.uri))
  const rest = first < 0 ? [] : route.slice(first)
  return { uri: withoutOwnMaddr(target, own), route: rest, routed: strict || rest.length < route.length }
}

/**
 * The Request-URI and Route with which a request leaves (RFC 3261 §16.6 step 6): a loose router stays in Route, a
 * strict one (no `lr`) takes the Request-URI's place, and the target goes last.
 */
export function departing({ uri, route }: Routing): Routing {
  const [first, ...rest] = route
  if (first === undefined || first.uri.type !== 'sip' || first.uri.isLooseRouter) {
    return { uri: asRequestUri(uri), route }
  }
  return { uri: asRequestUri(first.uri), route: [...rest, new NameAddr({ uri })] }
}

/** A URI as it may stand in a Request-URI: with neither method parameter nor headers (RFC 3261 §19.1.1). */
export function asRequestUri(uri: Uri): Uri {
  if (uri.type !== 'sip' || (uri.headers.size === 0 && !uri.params.has('method'))) return uri
  return uri.with({ params: uri.params.without('method'), headers: undefined })
}

function withoutOwnMaddr(uri: Uri, own: OwnAddresses): Uri {
  const maddr = uri.type === 'sip' ? uri.params.get('maddr') : undefined
  if (uri.type !== 'sip' || typeof maddr !== 'string' || !own.has(uri.with({ host: maddr }))) return uri
  return uri.with({ port: undefined, params: uri.params.without('maddr').without('transport') })
}
