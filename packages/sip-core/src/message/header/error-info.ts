import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressListHeader } from './values.ts'

/** Error-Info (RFC 3261 §20.18): where there is more about the error that a response reports. */
export const ErrorInfo: HeaderCodec<NameAddr> = addressListHeader('Error-Info')
