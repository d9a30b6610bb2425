import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'

const torture = new URL('../conformance/torture/', import.meta.url)

const made = [
  [
    'REFER sip:b@h SIP/2.0',
    'Via: SIP/2.0/UDP h;branch=z9hG4bKr;rport, SIP/2.0/TCP x:5061;branch=z9hG4bKs;received=192.0.2.1',
    'From: "A" <sip:a@h>;tag=1',
    'To: <sip:b@h>;tag=2',
    'i: c@h',
    'CSeq: 7 REFER',
    'Contact: <sip:a@192.0.2.1;transport=tcp>;+sip.instance="<urn:uuid:0>"',
    'Refer-To: <sip:c@h?Replaces=1%40h%3Bto-tag%3Da%3Bfrom-tag%3Db>',
    'Referred-By: <sip:a@h>;cid="x@h"',
    'Supported: replaces, norefersub',
    'l: 0',
    '',
    '',
  ],
  [
    'NOTIFY sip:a@h SIP/2.0',
    'Via: SIP/2.0/WSS h.invalid;branch=z9hG4bKn',
    'f: <sip:b@h>;tag=2',
    't: <sip:a@h>;tag=1',
    'i: c@h',
    'CSeq: 1 NOTIFY',
    'Event: refer;id=7',
    'Subscription-State: terminated;reason=noresource',
    'c: multipart/mixed;boundary=b',
    '',
    '--b\r\nContent-Type: message/sipfrag;version=2.0\r\n\r\nSIP/2.0 200 OK\r\n\r\n--b\r\n\r\nx\r\n--b--',
  ],
  [
    'SIP/2.0 401 Unauthorized',
    'Via: SIP/2.0/TLS h;branch=z9hG4bKo;rport=5061',
    'From: <sip:a@h>;tag=1',
    'To: <sip:a@h>;tag=3',
    'Call-ID: c@h',
    'CSeq: 9 REGISTER',
    'WWW-Authenticate: Digest realm="a, b", nonce="n\\"", algorithm=SHA-256, qop="auth,auth-int"',
    'Retry-After: 5 (soon (ish));duration=60',
    'Date: Sat, 13 Nov 2010 23:29:00 GMT',
    'Content-Length: 0',
    '',
    '',
  ],
].map((lines) => Buffer.from(lines.join('\r\n')))

/** Messages of all kinds, good and bad. */
export const corpus: readonly Buffer[] = [
  ...readdirSync(torture).map((file) => readFileSync(new URL(file, torture))),
  ...made,
]

const bits = [
  '\r\n',
  '\r',
  '\n',
  '\r\n ',
  ':',
  ';',
  ',',
  '"',
  '\\',
  '<',
  '>',
  '(',
  ')',
  '@',
  '%',
  '%00',
  '=',
  ' ',
  '\t',
  '\0',
  '[',
  ']',
  '*',
  '\xff',
  '999999999999',
]

/** One change to a message: something is put in the place of a few bytes, bytes are doubled, or it is cut off. */
type Edit =
  | { readonly type: 'put'; readonly at: number; readonly length: number; readonly bit: string }
  | { readonly type: 'double'; readonly at: number; readonly length: number }
  | { readonly type: 'cut'; readonly at: number }
  | { readonly type: 'splice'; readonly at: number; readonly other: Buffer; readonly from: number }

const place = fc.nat(3600)
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      at: place,
      length: fc.nat(4),
      bit: fc.constantFrom(...bits),
    }),
    weight: 8,
  },
  {
    arbitrary: fc.record({ type: fc.constant('double' as const), at: place, length: fc.nat(200) }),
    weight: 2,
  },
  { arbitrary: fc.record({ type: fc.constant('cut' as const), at: place }), weight: 1 },
  {
    arbitrary: fc.record({
      type: fc.constant('splice' as const),
      at: place,
      other: fc.constantFrom(...corpus),
      from: place,
    }),
    weight: 1,
  },
)

/** Messages of the corpus with up to a few changes. */
export const mutated: fc.Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom(...corpus), fc.array(edit, { maxLength: 3 }))
  .map(([message, edits]) => edits.reduce(applied, message))

function applied(message: Buffer, edit: Edit): Buffer {
  const at = edit.at % (message.length + 1)
  const before = message.subarray(0, at)
  switch (edit.type) {
    case 'put':
      return Buffer.concat([before, Buffer.from(edit.bit, 'latin1'), message.subarray(at + edit.length)])
    case 'double':
      return Buffer.concat([message.subarray(0, at + edit.length), message.subarray(at)])
    case 'cut':
      return before
    case 'splice':
      return Buffer.concat([before, edit.other.subarray(edit.from % (edit.other.length + 1))])
  }
}
