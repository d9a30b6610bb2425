import { ArgumentError } from '../../base/errors.ts'
import { isToken } from '../chars.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { type Params, parseParams } from '../params.ts'

/** What to do with a body. */
export interface Disposition {
  /** `'session'`, `'render'`, `'icon'`, `'alert'`, `'early-session'`, ... */
  readonly type: string
  readonly params: Params
}

/** Content-Disposition (RFC 3261 §20.11, RFC 5621). */
export const ContentDisposition: HeaderCodec<Disposition> = defineHeader<Disposition>({
  name: 'Content-Disposition',
  kind: 'single',
  parse: (cursor) => ({ type: cursor.token('a disposition'), params: parseParams(cursor) }),
  print({ type, params }) {
    if (isToken(type)) return type + params.toWire()
    throw new ArgumentError(`${JSON.stringify(type)} is no disposition`)
  },
})
