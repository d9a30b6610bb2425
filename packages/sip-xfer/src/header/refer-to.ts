import { addressHeader, type HeaderCodec, type NameAddr } from 'sip-core'

/**
 * Refer-To (RFC 3515 §2.1): whom the receiver of a REFER is asked to contact. Headers in its URI, such as
 * Replaces, are meant for the request that it will send.
 *
 * @see pjsip_refer_to_hdr
 */
export const ReferTo: HeaderCodec<NameAddr> = addressHeader('Refer-To')
