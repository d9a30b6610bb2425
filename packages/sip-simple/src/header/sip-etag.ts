import { type HeaderCodec, tokenHeader } from 'sip-core'

/** SIP-ETag (RFC 3903 §11.3.1): the name that a 2xx to PUBLISH gives to what was published. */
export const SIPETag: HeaderCodec<string> = tokenHeader('SIP-ETag')
