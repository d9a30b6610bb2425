import { defineHeader, type HeaderCodec, type Params, parseParams } from 'sip-core'

/** Whether a REFER makes a subscription. */
export interface ReferSubValue {
  readonly subscribe: boolean
  readonly params: Params
}

/**
 * Refer-Sub (RFC 4488 §4): `false` in a REFER asks for no subscription, and in its 2xx says that there is none.
 * Without the header there is one.
 */
export const ReferSub: HeaderCodec<ReferSubValue> = defineHeader<ReferSubValue>({
  name: 'Refer-Sub',
  kind: 'single',
  parse(cursor) {
    const { at } = cursor
    const word = cursor.token('true or false').toLowerCase()
    if (word === 'true' || word === 'false')
      return { subscribe: word === 'true', params: parseParams(cursor) }
    cursor.at = at
    return cursor.fail('true or false')
  },
  print: ({ subscribe, params }) => `${subscribe}${params.toWire()}`,
})
