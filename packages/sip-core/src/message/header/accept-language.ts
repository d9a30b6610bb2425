import type { HeaderCodec } from '../header-codec.ts'
import type { Params } from '../params.ts'
import { parameterizedHeader } from './values.ts'

/** A language that is understood, or `*` for any. */
export interface LanguageRange {
  /** E.g. `da`, `en-gb`. */
  readonly language: string
  /** `q`: how much it is liked ({@link quality}). */
  readonly params: Params
}

/** Accept-Language (RFC 3261 §20.3): the languages for reason phrases and bodies of the response. */
export const AcceptLanguage: HeaderCodec<LanguageRange> = parameterizedHeader('Accept-Language', 'language', {
  kind: 'list',
  mayBeEmpty: true,
})
