import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { type MediaType, readMediaType } from './media-type.ts'

/** Accept (RFC 3261 §20.1): what bodies the sender takes. Empty: none at all. */
export const Accept: HeaderCodec<MediaType> = defineHeader<MediaType>({
  name: 'Accept',
  kind: 'list',
  mayBeEmpty: true,
  parse: readMediaType,
  print: (value) => value.toWire(),
})
