import type { HeaderCodec } from '../header-codec.ts'
import { tokenHeader } from './values.ts'

/** Content-Transfer-Encoding (RFC 2045 §6) of a body part: `7bit`, `8bit`, `binary`, `base64`, ... */
export const ContentTransferEncoding: HeaderCodec<string> = tokenHeader('Content-Transfer-Encoding')
