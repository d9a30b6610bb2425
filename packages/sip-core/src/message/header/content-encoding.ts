import type { HeaderCodec } from '../header-codec.ts'
import { tokenListHeader } from './values.ts'

/** Content-Encoding (RFC 3261 §20.12): what was done to the body, in order. */
export const ContentEncoding: HeaderCodec<string> = tokenListHeader('Content-Encoding')
