import type { HeaderCodec } from '../header-codec.ts'
import { numberHeader } from './values.ts'

/** Max-Breadth (RFC 5393 §5.3.3): how many branches the request may have at any one time. */
export const MaxBreadth: HeaderCodec<number> = numberHeader('Max-Breadth', 0xffffffff)
