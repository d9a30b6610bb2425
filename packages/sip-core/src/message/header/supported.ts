import type { HeaderCodec } from '../header-codec.ts'
import { tokenListHeader } from './values.ts'

/** Supported (RFC 3261 §20.37): option tags of the extensions that the sender knows. */
export const Supported: HeaderCodec<string> = tokenListHeader('Supported', { mayBeEmpty: true })
