import type { HeaderCodec } from '../header-codec.ts'
import { type SecurityMechanism, securityHeader } from './security-mechanism.ts'

/** Security-Client (RFC 3329 §2.2): the security mechanisms that a user agent offers to its first hop. */
export const SecurityClient: HeaderCodec<SecurityMechanism> = securityHeader('Security-Client')
