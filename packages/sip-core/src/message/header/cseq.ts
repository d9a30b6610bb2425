import { ArgumentError } from '../../base/errors.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { isMethod } from '../method.ts'

/** The value of a CSeq. */
export interface CSeqValue {
  /** 0 to 2^32 - 1. */
  readonly seq: number
  readonly method: string
}

/** CSeq (RFC 3261 §20.16). */
export const CSeq: HeaderCodec<CSeqValue> = defineHeader<CSeqValue>({
  name: 'CSeq',
  kind: 'single',
  parse(cursor) {
    const seq = cursor.uint('a sequence number', 0xffffffff)
    cursor.skipWs()
    return { seq, method: cursor.token('a method') }
  },
  print({ seq, method }) {
    if (!Number.isInteger(seq) || seq < 0 || seq > 0xffffffff || !isMethod(method)) {
      throw new ArgumentError(`CSeq cannot be ${seq} ${JSON.stringify(method)}`)
    }
    return `${seq} ${method}`
  },
})
