import type { HeaderCodec } from '../header-codec.ts'
import { type SecurityMechanism, securityHeader } from './security-mechanism.ts'

/** Security-Server (RFC 3329 §2.2): the security mechanisms that a first hop offers in turn. */
export const SecurityServer: HeaderCodec<SecurityMechanism> = securityHeader('Security-Server')
