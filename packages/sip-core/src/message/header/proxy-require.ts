import type { HeaderCodec } from '../header-codec.ts'
import { tokenListHeader } from './values.ts'

/** Proxy-Require (RFC 3261 §20.29): option tags of the extensions that proxies must know. */
export const ProxyRequire: HeaderCodec<string> = tokenListHeader('Proxy-Require')
