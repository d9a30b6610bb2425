import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressHeader } from './values.ts'

/** To (RFC 3261 §20.39): whom the request is meant for; its `tag` names the answering half of the dialog. */
export const To: HeaderCodec<NameAddr> = addressHeader('To')
