import type { HeaderCodec } from '../header-codec.ts'
import { type AuthValue, authHeader } from './auth-value.ts'

/** WWW-Authenticate (RFC 3261 §20.44): the challenges of a user agent server or registrar, in a 401. */
export const WWWAuthenticate: HeaderCodec<AuthValue> = authHeader('WWW-Authenticate')
