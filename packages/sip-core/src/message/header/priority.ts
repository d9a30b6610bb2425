import type { HeaderCodec } from '../header-codec.ts'
import { tokenHeader } from './values.ts'

/** Priority (RFC 3261 §20.26): `emergency`, `urgent`, `normal`, `non-urgent`, or another. */
export const Priority: HeaderCodec<string> = tokenHeader('Priority')
