import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressListHeader } from './values.ts'

/** Record-Route (RFC 3261 §20.30): the proxies that want to see the rest of the dialog. */
export const RecordRoute: HeaderCodec<NameAddr> = addressListHeader('Record-Route')
