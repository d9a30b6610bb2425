import type { HeaderCodec } from '../header-codec.ts'
import { tokenListHeader } from './values.ts'

/** Unsupported (RFC 3261 §20.40): the option tags for which a 420 refuses a request. */
export const Unsupported: HeaderCodec<string> = tokenListHeader('Unsupported')
