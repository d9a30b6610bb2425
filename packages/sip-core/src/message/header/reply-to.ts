import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressHeader } from './values.ts'

/** Reply-To (RFC 3261 §20.31): whom to call back; may be another than From. */
export const ReplyTo: HeaderCodec<NameAddr> = addressHeader('Reply-To')
