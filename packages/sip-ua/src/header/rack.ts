import { ArgumentError, CSeq, type CSeqValue, defineHeader, type HeaderCodec } from 'sip-core'

/** Which provisional response a PRACK acknowledges. */
export interface RAckValue extends CSeqValue {
  /** The RSeq of the response. */
  readonly rseq: number
}

/** RAck (RFC 3262 §7.2): RSeq and CSeq of the response that a PRACK acknowledges. */
export const RAck: HeaderCodec<RAckValue> = defineHeader<RAckValue>({
  name: 'RAck',
  kind: 'single',
  parse(cursor) {
    const rseq = cursor.uint('an RSeq number', 0xffffffff)
    const { at } = cursor
    cursor.skipWs()
    if (cursor.at === at) cursor.fail('a space behind the RSeq number')
    return { rseq, ...CSeq.parse(cursor) }
  },
  print({ rseq, ...cseq }) {
    if (Number.isInteger(rseq) && rseq >= 0 && rseq <= 0xffffffff) return `${rseq} ${CSeq.print(cseq)}`
    throw new ArgumentError(`RAck cannot be ${rseq}`)
  },
})
