import { type HeaderCodec, tokenHeader } from 'sip-core'

/** SIP-If-Match (RFC 3903 §11.3.2): which publication a PUBLISH refreshes, changes or removes. */
export const SIPIfMatch: HeaderCodec<string> = tokenHeader('SIP-If-Match')
