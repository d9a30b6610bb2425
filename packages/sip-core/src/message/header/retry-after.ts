import { ArgumentError } from '../../base/errors.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { type Params, parseParams } from '../params.ts'

/** When to try again. */
export interface RetryAfterValue {
  /** From now on. */
  readonly seconds: number
  /** `duration`: how long the callee will then be there, in seconds. */
  readonly params: Params
}

/** Retry-After (RFC 3261 §20.33). Its comment is read over. */
export const RetryAfter: HeaderCodec<RetryAfterValue> = defineHeader<RetryAfterValue>({
  name: 'Retry-After',
  kind: 'single',
  parse(cursor) {
    const seconds = cursor.uint('seconds', 0xffffffff)
    cursor.skipWs()
    cursor.skipComment()
    return { seconds, params: parseParams(cursor) }
  },
  print({ seconds, params }) {
    if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 0xffffffff)
      return `${seconds}${params.toWire()}`
    throw new ArgumentError(`Retry-After cannot be ${seconds}`)
  },
})
