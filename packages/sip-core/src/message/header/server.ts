import type { HeaderCodec } from '../header-codec.ts'
import { textHeader } from './values.ts'

/** Server (RFC 3261 §20.35): the software that sends a response. */
export const Server: HeaderCodec<string> = textHeader('Server')
