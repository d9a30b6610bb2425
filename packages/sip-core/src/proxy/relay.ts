import type { Relay } from '../endpoint/index.ts'
import { type OutgoingRequest, RecordRoute, Route, SipRequest, type Uri } from '../message/index.ts'
import type { Address, Transport } from '../transport/index.ts'
import { recordRoutes, type Side } from './record-route.ts'

/** How copies of a request leave. */
export interface RelayInit {
  /** A branch for the next copy. */
  readonly branch: () => string
  /** The transport that brought the request, if its dialog is to come by here again. */
  readonly recordRoute: Transport | undefined
  /** What peers are told as the address of a transport. */
  readonly addressOf: (transport: Transport) => Address
}

// What makes a dialog; a NOTIFY does at its subscriber (RFC 6665 §4.3).
const FORMS_DIALOG: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY'])

/** The forwarder's part in sending a request on: its branch, and its Record-Route for the way that was found. */
export function relayOf({ branch, recordRoute: inbound, addressOf }: RelayInit): Relay {
  const side = (transport: Transport): Side => ({ transport, address: addressOf(transport) })
  return {
    branch,
    prepare(request, flow) {
      if (inbound === undefined || !FORMS_DIALOG.has(request.method)) return request
      return withRecordRoute(request, side(inbound), side(flow.transport))
    },
  }
}

function withRecordRoute(request: OutgoingRequest, inbound: Side, outbound: Side): OutgoingRequest {
  const { method, uri, body } = request
  const headers = request.headers.clone()
  const secure = isSecure(uri) || isSecure(headers.get(Route)?.uri)
  for (const value of [...recordRoutes(inbound, outbound, secure)].reverse()) {
    headers.prepend(RecordRoute, value)
  }
  return new SipRequest({ method, uri, headers, body })
}

function isSecure(uri: Uri | undefined): boolean {
  return uri?.type === 'sip' && uri.scheme === 'sips'
}
