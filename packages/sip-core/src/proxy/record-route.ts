import { NameAddr, Params, SipUri } from '../message/index.ts'
import { bracketed, type Transport } from '../transport/index.ts'

/**
 * What an element writes into Record-Route so that the requests of the dialog come by it again (RFC 3261 §16.6 step
 * 4), topmost value first: where it listens on the side from which the request came, and above that, if that is
 * another, where it listens on the side to which it goes (RFC 5658), so that each end finds an address it can reach.
 *
 * @param secure whether the request goes to a sips URI: then the way back is one, too
 */
export function recordRoutes(inbound: Transport, outbound: Transport, secure: boolean): readonly NameAddr[] {
  const here = address(inbound, secure)
  return isSame(inbound, outbound) ? [here] : [address(outbound, secure), here]
}

function isSame(a: Transport, b: Transport): boolean {
  return a.protocol === b.protocol && a.local.host === b.local.host && a.local.port === b.local.port
}

// RFC 3261 §26.2.2: with sips the transport is said by its plain name, TLS being understood.
const OVER_TLS: Readonly<Record<string, string>> = { TLS: 'tcp', WSS: 'ws' }

function address({ protocol, local, secure: isSecure }: Transport, secure: boolean): NameAddr {
  const sips = secure && isSecure
  const name = sips ? (OVER_TLS[protocol] ?? protocol) : protocol
  const lr: [string, null] = ['lr', null]
  const isDefault = sips ? protocol === 'TLS' : protocol === 'UDP'
  const params = Params.of(isDefault ? [lr] : [['transport', name.toLowerCase()], lr])
  const scheme = sips ? 'sips' : 'sip'
  return new NameAddr({ uri: new SipUri({ scheme, host: bracketed(local.host), port: local.port, params }) })
}
