import { NameAddr, Params, SipUri } from '../message/index.ts'
import { type Address, bracketed, type Transport } from '../transport/index.ts'

/**
 * What an element writes into Record-Route so that the requests of the dialog come by it again (RFC 3261 §16.6 step
 * 4), topmost value first: where it listens on the side from which the request came, and above that, if that is
 * another, where it listens on the side to which it goes (RFC 5658), so that each end finds an address it can reach.
 *
 * @param secure whether the request goes to a sips URI: then the way back is one, too
 */
export function recordRoutes(inbound: Side, outbound: Side, secure: boolean): readonly NameAddr[] {
  const here = routeTo(inbound, secure)
  return isSame(inbound, outbound) ? [here] : [routeTo(outbound, secure), here]
}

/** One side of an element that lies between two: a transport, and the address that peers are told for it. */
export interface Side {
  readonly transport: Pick<Transport, 'protocol' | 'secure'>
  readonly address: Address
}

function isSame(a: Side, b: Side): boolean {
  const sameAddress = a.address.host === b.address.host && a.address.port === b.address.port
  return a.transport.protocol === b.transport.protocol && sameAddress
}

// RFC 3261 §26.2.2: with sips the transport is said by its plain name, TLS being understood.
const OVER_TLS: Readonly<Record<string, string>> = { TLS: 'tcp', WSS: 'ws' }

function routeTo({ transport: { protocol, secure: isSecure }, address }: Side, secure: boolean): NameAddr {
  const sips = secure && isSecure
  const name = sips ? (OVER_TLS[protocol] ?? protocol) : protocol
  const lr: [string, null] = ['lr', null]
  const isDefault = sips ? protocol === 'TLS' : protocol === 'UDP'
  const params = Params.of(isDefault ? [lr] : [['transport', name.toLowerCase()], lr])
  const scheme = sips ? 'sips' : 'sip'
  return new NameAddr({
    uri: new SipUri({ scheme, host: bracketed(address.host), port: address.port, params }),
  })
}
