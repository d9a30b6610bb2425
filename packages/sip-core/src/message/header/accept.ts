import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { quality } from '../quality.ts'
import { type MediaType, readMediaType } from './media-type.ts'

/** Accept (RFC 3261 §20.1): what bodies the sender takes. Empty: none at all. */
export const Accept: HeaderCodec<MediaType> = defineHeader<MediaType>({
  name: 'Accept',
  kind: 'list',
  mayBeEmpty: true,
  parse: readMediaType,
  print: (value) => value.toWire(),
})

/**
 * How much a body of this type is liked by whoever sent these ranges, 0 (not taken at all) to 1: of the ranges that
 * hold it the narrowest one decides.
 */
export function acceptance(ranges: Iterable<MediaType>, type: MediaType): number {
  let narrowest = -1
  let liked = 0
  for (const range of ranges) {
    const width = range.type === '*' ? 0 : range.subtype === '*' ? 1 : 2
    if (width <= narrowest || !range.matches(type)) continue
    narrowest = width
    liked = quality(range.params)
  }
  return liked
}
