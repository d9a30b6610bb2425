import type { HeaderCodec } from '../header-codec.ts'
import { type AuthValue, authHeader } from './auth-value.ts'

/** Proxy-Authenticate (RFC 3261 §20.27): the challenges of proxies, in a 407; a 401 that a proxy has put together of several may have some too. */
export const ProxyAuthenticate: HeaderCodec<AuthValue> = authHeader('Proxy-Authenticate')
