import type { HeaderCodec } from '../header-codec.ts'
import { numberHeader } from './values.ts'

/** Min-Expires (RFC 3261 §20.23): the shortest time in seconds that a registrar or notifier takes. */
export const MinExpires: HeaderCodec<number> = numberHeader('Min-Expires', 0xffffffff)
