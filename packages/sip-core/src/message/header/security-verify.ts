import type { HeaderCodec } from '../header-codec.ts'
import { type SecurityMechanism, securityHeader } from './security-mechanism.ts'

/** Security-Verify (RFC 3329 §2.2): what the Security-Server said, sent back over the secured connection. */
export const SecurityVerify: HeaderCodec<SecurityMechanism> = securityHeader('Security-Verify')
