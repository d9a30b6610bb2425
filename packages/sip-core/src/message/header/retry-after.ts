import { ArgumentError } from '../../base/errors.ts'
import { uintOf } from '../chars.ts'
import { comment as written } from '../cursor.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { Params, type ParamsInit, parseParams } from '../params.ts'
import { textToWire, wireToText } from '../wire.ts'

const MAX_SECONDS = 0xffffffff

/** What a Retry-After is made of. */
export interface RetryAfterInit {
  /** From now on, 0 to 2^32 - 1. */
  readonly seconds: number
  /** Why, for people. */
  readonly comment?: string | undefined
  /** For how many seconds the callee will then be there. */
  readonly duration?: number | undefined
  /** Other parameters. */
  readonly params?: ParamsInit | undefined
}

/** When to try again. Immutable. */
export class RetryAfterValue {
  /** From now on. */
  readonly seconds: number
  /** Why, for people. */
  readonly comment: string | undefined
  /** All parameters, `duration` included. */
  readonly params: Params

  /** @throws ArgumentError when a piece cannot be written */
  constructor({ seconds, comment, duration, params }: RetryAfterInit) {
    this.seconds = checked(seconds)
    this.comment = comment
    const others = params === undefined ? Params.empty : Params.of(params)
    this.params = duration === undefined ? others : others.with('duration', String(checked(duration)))
  }

  /** For how many seconds the callee will then be there; `undefined` if absent or no number. */
  get duration(): number | undefined {
    return uintOf(this.params.get('duration'), MAX_SECONDS)
  }
}

/**
 * Retry-After (RFC 3261 §20.33).
 *
 * @see pjsip_retry_after_hdr
 */
export const RetryAfter: HeaderCodec<RetryAfterValue> = defineHeader<RetryAfterValue>({
  name: 'Retry-After',
  kind: 'single',
  parse(cursor) {
    const seconds = cursor.uint('seconds', MAX_SECONDS)
    cursor.skipWs()
    const comment = cursor.comment()
    return new RetryAfterValue({
      seconds,
      comment: comment === undefined ? undefined : wireToText(comment),
      params: parseParams(cursor),
    })
  },
  print({ seconds, comment, params }) {
    return `${seconds}${comment === undefined ? '' : ` ${written(textToWire(comment))}`}${params.toWire()}`
  },
})

function checked(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_SECONDS) return seconds
  throw new ArgumentError(`Retry-After cannot be ${seconds}`)
}
