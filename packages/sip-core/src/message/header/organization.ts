import type { HeaderCodec } from '../header-codec.ts'
import { textHeader } from './values.ts'

/** Organization (RFC 3261 §20.25): whom the sender belongs to. */
export const Organization: HeaderCodec<string> = textHeader('Organization')
