import { ArgumentError } from '../../base/errors.ts'
import { isMadeOf, WORD } from '../chars.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'

/** Call-ID (RFC 3261 §20.8). Case counts. */
export const CallId: HeaderCodec<string> = defineHeader<string>({
  name: 'Call-ID',
  kind: 'single',
  parse: (cursor) => cursor.run(WORD, 'a Call-ID'),
  print(value) {
    if (isMadeOf(value, WORD)) return value
    throw new ArgumentError(`${JSON.stringify(value)} is no Call-ID`)
  },
})
