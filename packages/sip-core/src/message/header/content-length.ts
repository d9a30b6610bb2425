import type { HeaderCodec } from '../header-codec.ts'
import { numberHeader } from './values.ts'

/** Content-Length (RFC 3261 §20.14): bytes of the body. The printer writes it. */
export const ContentLength: HeaderCodec<number> = numberHeader('Content-Length', Number.MAX_SAFE_INTEGER)
