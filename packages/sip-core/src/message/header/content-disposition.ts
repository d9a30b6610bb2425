import type { HeaderCodec } from '../header-codec.ts'
import type { Params } from '../params.ts'
import { parameterizedHeader } from './values.ts'

/** What to do with a body. */
export interface Disposition {
  /** `'session'`, `'render'`, `'icon'`, `'alert'`, `'early-session'`, ... */
  readonly type: string
  /** `handling`: `'required'`, which is the default, or `'optional'`: what it means not to understand the body. */
  readonly params: Params
}

/** Content-Disposition (RFC 3261 §20.11, RFC 5621 §8). */
export const ContentDisposition: HeaderCodec<Disposition> = parameterizedHeader(
  'Content-Disposition',
  'type',
  {
    kind: 'single',
  },
)
