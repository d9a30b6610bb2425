import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { type NameAddr, readNameAddr } from '../name-addr.ts'

/** Contact (RFC 3261 §20.10): where to reach the sender; `'*'` in a REGISTER that removes every binding. */
export const Contact: HeaderCodec<NameAddr | '*'> = defineHeader<NameAddr | '*'>({
  name: 'Contact',
  kind: 'list',
  linePerValue: true,
  parse(cursor) {
    const { at } = cursor
    if (cursor.eat(0x2a)) {
      cursor.skipWs()
      if (cursor.done) return '*'
      // '*' is a character of a token too: it may begin an unquoted display name.
      cursor.at = at
    }
    return readNameAddr(cursor)
  },
  print: (value) => (value === '*' ? value : value.toWire()),
})
