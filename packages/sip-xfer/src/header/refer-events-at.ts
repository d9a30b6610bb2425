import { addressHeader, type HeaderCodec, type NameAddr } from 'sip-core'

/**
 * Refer-Events-At (RFC 7614 §4.5): in a 200 to a REFER that asked for an explicit subscription, where to subscribe
 * for its events.
 */
export const ReferEventsAt: HeaderCodec<NameAddr> = addressHeader('Refer-Events-At')
