import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressListHeader } from './values.ts'

/** Route (RFC 3261 §20.34): the proxies that a request must still visit. */
export const Route: HeaderCodec<NameAddr> = addressListHeader('Route')
