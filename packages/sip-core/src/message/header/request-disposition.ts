import type { HeaderCodec } from '../header-codec.ts'
import { tokenListHeader } from './values.ts'

/** Request-Disposition (RFC 3841 §9.1): what servers should do: `proxy`, `fork`, `no-cancel`, `parallel`, ... */
export const RequestDisposition: HeaderCodec<string> = tokenListHeader('Request-Disposition')
