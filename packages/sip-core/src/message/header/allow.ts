import type { HeaderCodec } from '../header-codec.ts'
import { tokenListHeader } from './values.ts'

/** Allow (RFC 3261 §20.5): the methods that the sender takes. */
export const Allow: HeaderCodec<string> = tokenListHeader('Allow', { mayBeEmpty: true })
