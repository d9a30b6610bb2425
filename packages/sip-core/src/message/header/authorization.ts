import type { HeaderCodec } from '../header-codec.ts'
import { type AuthValue, authHeader } from './auth-value.ts'

/** Authorization (RFC 3261 §20.7): credentials for a user agent server or registrar. */
export const Authorization: HeaderCodec<AuthValue> = authHeader('Authorization')
