import type { HeaderCodec } from '../header-codec.ts'
import { textHeader } from './values.ts'

/** User-Agent (RFC 3261 §20.41): the software that sends a request. */
export const UserAgent: HeaderCodec<string> = textHeader('User-Agent')
