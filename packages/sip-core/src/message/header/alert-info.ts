import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressListHeader } from './values.ts'

/** Alert-Info (RFC 3261 §20.4): what to ring with, or to let the caller hear. Fetching it is a matter of trust. */
export const AlertInfo: HeaderCodec<NameAddr> = addressListHeader('Alert-Info')
