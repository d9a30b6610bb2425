import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { type Params, parseParams } from '../params.ts'

/** What a caller says about the devices of a callee (RFC 3841 §9.2). */
export interface ContactPredicate {
  /** Feature tags ({@link featuresOf}), and in an Accept-Contact `require` and `explicit`. */
  readonly params: Params
}

/** A header of predicates: `*` and parameters each. */
export function predicateHeader(name: string): HeaderCodec<ContactPredicate> {
  return defineHeader<ContactPredicate>({
    name,
    kind: 'list',
    parse(cursor) {
      cursor.expect(0x2a, "'*'")
      return { params: parseParams(cursor) }
    },
    print: ({ params }) => `*${params.toWire()}`,
  })
}
