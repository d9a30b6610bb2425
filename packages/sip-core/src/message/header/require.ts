import type { HeaderCodec } from '../header-codec.ts'
import { tokenListHeader } from './values.ts'

/** Require (RFC 3261 §20.32): option tags of the extensions that the receiver must know. */
export const Require: HeaderCodec<string> = tokenListHeader('Require')
