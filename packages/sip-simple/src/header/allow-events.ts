import { type HeaderCodec, tokenListHeader } from 'sip-core'

/**
 * Allow-Events (RFC 6665 §8.2.2): the event packages that the sender serves.
 *
 * @see pjsip_allow_events_hdr
 */
export const AllowEvents: HeaderCodec<string> = tokenListHeader('Allow-Events')
