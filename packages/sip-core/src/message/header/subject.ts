import type { HeaderCodec } from '../header-codec.ts'
import { textHeader } from './values.ts'

/** Subject (RFC 3261 §20.36): what the call is about. */
export const Subject: HeaderCodec<string> = textHeader('Subject')
