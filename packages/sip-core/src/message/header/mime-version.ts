import { ArgumentError } from '../../base/errors.ts'
import { DIGIT, isMadeOf } from '../chars.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'

/** MIME-Version (RFC 3261 §20.24): `'1.0'`. Its comments are read over. */
export const MimeVersion: HeaderCodec<string> = defineHeader<string>({
  name: 'MIME-Version',
  kind: 'single',
  parse(cursor) {
    const major = cursor.run(DIGIT, 'a version')
    cursor.expect(0x2e, "'.' in the version")
    const version = `${major}.${cursor.run(DIGIT, 'a minor version')}`
    cursor.skipWs()
    cursor.comment()
    return version
  },
  print(value) {
    const dot = value.indexOf('.')
    if (isMadeOf(value.slice(0, Math.max(dot, 0)), DIGIT) && isMadeOf(value.slice(dot + 1), DIGIT))
      return value
    throw new ArgumentError(`${JSON.stringify(value)} is no MIME version`)
  },
})
