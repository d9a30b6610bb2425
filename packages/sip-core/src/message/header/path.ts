import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressListHeader } from './values.ts'

/** Path (RFC 3327): the proxies between a registrar and the user agent that registers. */
export const Path: HeaderCodec<NameAddr> = addressListHeader('Path')
