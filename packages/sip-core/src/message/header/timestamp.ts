import { ArgumentError } from '../../base/errors.ts'
import { DIGIT } from '../chars.ts'
import type { Cursor } from '../cursor.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'

/** When a request was sent, in the sender's time, and how long its answer was held back. */
export interface TimestampValue {
  /** Seconds since any moment of the sender's choice. */
  readonly time: number
  /** Seconds that passed here between the request and its response. */
  readonly delay?: number | undefined
}

/** Timestamp (RFC 3261 §20.38). Written to the microsecond. */
export const Timestamp: HeaderCodec<TimestampValue> = defineHeader<TimestampValue>({
  name: 'Timestamp',
  kind: 'single',
  parse(cursor) {
    const time = readDecimal(cursor)
    cursor.skipWs()
    return cursor.done ? { time } : { time, delay: readDecimal(cursor) }
  },
  print: ({ time, delay }) =>
    delay === undefined ? printDecimal(time) : `${printDecimal(time)} ${printDecimal(delay)}`,
})

// Digits, and perhaps a '.' with more of them or none. The grammar lets the delay begin with its '.'.
function readDecimal(cursor: Cursor): number {
  const start = cursor.at
  cursor.skipRun(DIGIT)
  const digits = cursor.at - start
  if (cursor.eat(0x2e)) cursor.skipRun(DIGIT)
  if (digits === 0 && cursor.at - start < 2) cursor.fail('seconds')
  return Number(cursor.text.slice(start, cursor.at))
}

function printDecimal(seconds: number): string {
  // From 1e21 on numbers are written with an exponent, which this grammar does not know.
  if (seconds >= 0 && seconds < 1e21) return seconds.toFixed(6).replace(/\.?0{1,6}$/, '')
  throw new ArgumentError(`Timestamp cannot be ${seconds}`)
}
