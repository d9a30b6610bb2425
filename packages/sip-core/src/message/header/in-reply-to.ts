import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { CallId } from './call-id.ts'

/** In-Reply-To (RFC 3261 §20.21): the Call-IDs of the calls that this one answers. */
export const InReplyTo: HeaderCodec<string> = defineHeader<string>({
  name: 'In-Reply-To',
  kind: 'list',
  parse: CallId.parse,
  print: CallId.print,
})
