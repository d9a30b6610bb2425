import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressListHeader } from './values.ts'

/** Service-Route (RFC 3608): the proxies that a registered user agent's requests are to visit. */
export const ServiceRoute: HeaderCodec<NameAddr> = addressListHeader('Service-Route')
