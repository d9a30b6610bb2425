import type { HeaderCodec } from '../header-codec.ts'
import { tokenListHeader } from './values.ts'

/** Content-Language (RFC 3261 §20.13): the languages of the body. */
export const ContentLanguage: HeaderCodec<string> = tokenListHeader('Content-Language')
