import type { HeaderCodec } from '../header-codec.ts'
import { numberHeader } from './values.ts'

/** Max-Forwards (RFC 3261 §20.22): how many more hops the request may take, 0 to 255. */
export const MaxForwards: HeaderCodec<number> = numberHeader('Max-Forwards', 255)
