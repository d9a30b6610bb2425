import { defineHeader, type HeaderCodec, type Params, parseParams } from 'sip-core'
import { checkedSeconds } from './session-expires.ts'

/** The shortest session interval that somebody takes. */
export interface MinSEValue {
  readonly seconds: number
  readonly params: Params
}

/**
 * Min-SE (RFC 4028 §5).
 *
 * @see pjsip_min_se_hdr
 */
export const MinSE: HeaderCodec<MinSEValue> = defineHeader<MinSEValue>({
  name: 'Min-SE',
  kind: 'single',
  parse: (cursor) => ({ seconds: cursor.uint('seconds', 0xffffffff), params: parseParams(cursor) }),
  print: ({ seconds, params }) => `${checkedSeconds('Min-SE', seconds)}${params.toWire()}`,
})
