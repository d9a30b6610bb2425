import { ArgumentError } from '../../base/errors.ts'
import { isToken } from '../chars.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { type Params, parseParams } from '../params.ts'

/** Why a request was sent, e.g. a BYE or CANCEL. */
export interface ReasonValue {
  /** `'SIP'`, `'Q.850'`, ... */
  readonly protocol: string
  /** `cause` (a number) and `text`. */
  readonly params: Params
}

/** Reason (RFC 3326). */
export const Reason: HeaderCodec<ReasonValue> = defineHeader<ReasonValue>({
  name: 'Reason',
  kind: 'list',
  parse: (cursor) => ({ protocol: cursor.token('a protocol'), params: parseParams(cursor) }),
  print({ protocol, params }) {
    if (isToken(protocol)) return protocol + params.toWire()
    throw new ArgumentError(`${JSON.stringify(protocol)} is no protocol for Reason`)
  },
})
