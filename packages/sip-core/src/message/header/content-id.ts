import { ArgumentError } from '../../base/errors.ts'
import { ID, isMadeOf } from '../chars.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'

/**
 * Content-ID (RFC 2045 §7, RFC 8262): the name of a body or body part, `<` and `>` included; what stands between them
 * is what a `cid:` URI says.
 */
export const ContentId: HeaderCodec<string> = defineHeader<string>({
  name: 'Content-ID',
  kind: 'single',
  parse(cursor) {
    cursor.expect(0x3c, "'<'")
    const id = cursor.run(ID, 'an id')
    cursor.expect(0x3e, "'>' behind the id")
    return `<${id}>`
  },
  print(value) {
    if (value.startsWith('<') && value.endsWith('>') && isMadeOf(value.slice(1, -1), ID)) return value
    throw new ArgumentError(`${JSON.stringify(value)} is no Content-ID`)
  },
})
