import type { Endpoint } from '../endpoint/index.ts'
import type { ViaValue } from '../message/index.ts'
import { printMessage } from '../parser/index.ts'
import {
  type Address,
  type Flow,
  isNumeric,
  type ReceivedRequest,
  type ReceivedResponse,
  type TransportProtocol,
  unbracketed,
} from '../transport/index.ts'
import { statelessBranch } from './branch-id.ts'
import { createForwardedRequest, type ForwardedRequestInit } from './forward-request.ts'
import { createForwardedResponse } from './forward-response.ts'
import { relayOf } from './relay.ts'

/** How a request is forwarded without keeping anything. */
export interface StatelessInit extends ForwardedRequestInit {
  readonly flow?: Flow | undefined
}

/**
 * Sends a request on and forgets it (RFC 3261 §16.11). A retransmission of it gets the same branch, and so do its
 * CANCEL and the ACK to a refusal, so that the next hop sees what it would see of the sender itself; all of them must
 * be given the same target. If it cannot be sent, nobody hears of it.
 *
 * Whether it may be sent on is to be seen to before; see `verifyForwarding`.
 *
 * @throws ArgumentError as `createForwardedRequest` does
 * @see pjsip_endpt_send_request_stateless
 */
export function forwardRequest(
  endpoint: Endpoint,
  received: ReceivedRequest,
  init: StatelessInit = {},
): void {
  const { message } = received
  const relay = relayOf({
    branch: () => statelessBranch(message),
    recordRoute: undefined,
    addressOf: (transport) => endpoint.addressOf(transport),
  })
  endpoint.sendStateless(createForwardedRequest(received, init), { flow: init.flow, relay })
}

/**
 * Sends a response back to where its request came from, by its next Via (RFC 3261 §16.11, §18.2.2); drops one that
 * has none.
 *
 * @see pjsip_endpt_send_response
 */
export function forwardResponse(endpoint: Endpoint, received: ReceivedResponse): void {
  const response = createForwardedResponse(received)
  if (response === undefined) return
  const { via } = response
  const protocol = PROTOCOLS.get(via.transport.toUpperCase())
  const address = addressOf(via)
  // What was forwarded from here is marked with the address that it came from, unless it came from the one it names.
  if (protocol === undefined || !isNumeric(address.host)) return
  const flow = endpoint.transports.flow({ protocol, address, domain: unbracketed(via.host) })
  flow.send(printMessage(response), () => {})
}

const PROTOCOLS: ReadonlyMap<string, TransportProtocol> = new Map(
  (['UDP', 'TCP', 'TLS', 'WS', 'WSS'] as const).map((protocol) => [protocol, protocol]),
)

function addressOf(via: ViaValue): Address {
  const host = unbracketed(via.params.get('maddr') ?? via.received ?? via.host)
  return { host, port: via.rport ?? via.port ?? (via.transport.toUpperCase() === 'TLS' ? 5061 : 5060) }
}
