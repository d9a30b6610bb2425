import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressListHeader } from './values.ts'

/** Call-Info (RFC 3261 §20.9): more about the caller or callee; `purpose` says what: `icon`, `info`, `card`. */
export const CallInfo: HeaderCodec<NameAddr> = addressListHeader('Call-Info')
