import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { type MediaType, readMediaType } from './media-type.ts'

/** Content-Type (RFC 3261 §20.15): what the body is. */
export const ContentType: HeaderCodec<MediaType> = defineHeader<MediaType>({
  name: 'Content-Type',
  kind: 'single',
  parse: readMediaType,
  print: (value) => value.toWire(),
})
