import type { HeaderCodec } from '../header-codec.ts'
import { type AuthValue, authHeader } from './auth-value.ts'

/** Proxy-Authorization (RFC 3261 §20.28): credentials for proxies, one for each realm. */
export const ProxyAuthorization: HeaderCodec<AuthValue> = authHeader('Proxy-Authorization')
