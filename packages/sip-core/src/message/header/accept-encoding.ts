import type { HeaderCodec } from '../header-codec.ts'
import type { Params } from '../params.ts'
import { parameterizedHeader } from './values.ts'

/** One content coding that may be used, or `*` for any. */
export interface CodingRange {
  readonly coding: string
  /** `q`: how much it is liked ({@link quality}). */
  readonly params: Params
}

/** Accept-Encoding (RFC 3261 §20.2): what may be done to the body of the response. Empty: `identity` alone. */
export const AcceptEncoding: HeaderCodec<CodingRange> = parameterizedHeader('Accept-Encoding', 'coding', {
  kind: 'list',
  mayBeEmpty: true,
})
