import { type HeaderCodec, numberHeader } from 'sip-core'

/** RSeq (RFC 3262 §7.1): the number of a reliable provisional response, 1 to 2^32 - 1. */
export const RSeq: HeaderCodec<number> = numberHeader('RSeq', 0xffffffff)
