import type { HeaderCodec } from '../header-codec.ts'
import { numberHeader } from './values.ts'

/** Expires (RFC 3261 §20.19): seconds, up to 2^32 - 1. */
export const Expires: HeaderCodec<number> = numberHeader('Expires', 0xffffffff)
