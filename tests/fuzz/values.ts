/** Any value that may stand in a typed header, by the header's name. */

import fc from 'fast-check'
import * as core from 'sip-core'
import { NameAddr, OpaqueUri, Params, SipUri, TelUri } from 'sip-core'
import * as simple from 'sip-simple'
import * as ua from 'sip-ua'
import * as xfer from 'sip-xfer'

const TOKEN = [..."abzAZ019-.!%*_+`'~"]
const token = fc.string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength: 8 })
// What is escaped, quoted, folded or of several bytes; but no line break and no NUL, which nobody may put in.
const text = fc.string({
  unit: fc.constantFrom('a', ' ', '"', '\\', ',', ';', '<', '@', '%', 'ü', '漢', '('),
  maxLength: 12,
})
const word = fc.string({ unit: fc.constantFrom(...TOKEN, ...'()<>:\\"/[]?{}@'), minLength: 1, maxLength: 10 })
const host = fc.constantFrom('example.com', 'h', '192.0.2.1', '[2001:db8::1]', 'EXAMPLE.com')
const port = fc.option(fc.nat(65535), { nil: undefined })
const seconds = fc.integer({ min: 0, max: 0xffffffff })

const params = fc
  .uniqueArray(fc.tuple(token, fc.option(text, { nil: null })), {
    selector: ([name]) => name.toLowerCase(),
    maxLength: 3,
  })
  .map((entries) => Params.of(entries))
const uriParams = fc.uniqueArray(
  fc.tuple(
    text.filter((name) => name !== ''),
    fc.option(
      text.filter((value) => value !== ''),
      { nil: null },
    ),
  ),
  { selector: ([name]) => name.toLowerCase(), maxLength: 2 },
)
const uriHeaders = fc.array(
  fc.tuple(
    text.filter((name) => name !== ''),
    text,
  ),
  { maxLength: 2 },
)

const sipUri = fc
  .record({
    scheme: fc.constantFrom('sip' as const, 'sips' as const),
    user: fc.option(
      text.filter((user) => user !== ''),
      { nil: undefined },
    ),
    host,
    port,
    params: uriParams,
    headers: uriHeaders,
  })
  .map((init) => new SipUri(init))
const uri = fc.oneof(
  sipUri,
  fc.constantFrom('+1-201-555-0123', '7042', '*69#', '(0)7').map((number) => new TelUri({ number })),
  fc.constantFrom('//example.com/a;b,c?d', 'x').map((rest) => new OpaqueUri({ scheme: 'http', rest })),
)
const address = fc
  .record({ displayName: fc.option(text, { nil: undefined }), uri, params })
  .map((init) => new NameAddr(init))
const parameterized = (key: string) => fc.record({ [key]: token, params })
const mediaType = fc.record({ type: token, subtype: token, params }).map((init) => new core.MediaType(init))
const cseq = fc.record({ seq: seconds, method: token })
const line = text.map((value) => value.trim())
const authParams = fc
  .uniqueArray(fc.tuple(token, text), {
    selector: ([name]) => name.toLowerCase(),
    minLength: 1,
    maxLength: 3,
  })
  .map((entries) => core.AuthParams.of(Object.fromEntries(entries)))
const auth = fc.oneof(
  fc.record({ scheme: token, params: authParams }).map((init) => new core.AuthValue(init)),
  fc
    .constantFrom('QWxhZGRpbg==', 'a.b-c~d')
    .map((value) => new core.AuthValue({ scheme: 'Basic', token: value })),
)
const quarter = fc.nat(4_000_000).map((n) => n / 4)

/** Arbitrary values of each header. */
export const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  Accept: mediaType,
  'Accept-Contact': fc.record({ params }),
  'Accept-Encoding': parameterized('coding'),
  'Accept-Language': parameterized('language'),
  'Alert-Info': address,
  Allow: token,
  'Allow-Events': token,
  'Authentication-Info': authParams,
  Authorization: auth,
  'Call-ID': word,
  'Call-Info': address,
  Contact: fc.oneof(address, fc.constant('*')),
  'Content-Disposition': parameterized('type'),
  'Content-Encoding': token,
  'Content-ID': word.map((id) => `<${id.replaceAll(/[<>]/g, '')}@h>`),
  'Content-Language': token,
  'Content-Length': fc.maxSafeNat(),
  'Content-Transfer-Encoding': token,
  'Content-Type': mediaType,
  CSeq: cseq,
  Date: fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }).map((n) => n * 1000),
  'Error-Info': address,
  Event: fc.record({ package: token, params }).map((init) => new simple.EventValue(init)),
  Expires: seconds,
  'Flow-Timer': seconds,
  From: address,
  'In-Reply-To': word,
  'Max-Breadth': seconds,
  'Max-Forwards': fc.nat(255),
  'MIME-Version': fc.tuple(fc.nat(9), fc.nat(99)).map((parts) => parts.join('.')),
  'Min-Expires': seconds,
  'Min-SE': fc.record({ seconds, params }),
  Organization: line,
  Path: address,
  Priority: token,
  'Proxy-Authenticate': auth,
  'Proxy-Authentication-Info': authParams,
  'Proxy-Authorization': auth,
  'Proxy-Require': token,
  RAck: fc.record({ rseq: seconds, seq: seconds, method: token }),
  Reason: fc
    .record({
      protocol: token,
      cause: fc.option(fc.nat(), { nil: undefined }),
      text: fc.option(text, { nil: undefined }),
    })
    .map((init) => new core.ReasonValue(init)),
  'Record-Route': address,
  'Refer-Events-At': address,
  'Refer-Sub': fc.record({ subscribe: fc.boolean(), params }),
  'Refer-To': address,
  'Referred-By': address,
  'Reject-Contact': fc.record({ params }),
  Replaces: fc
    .record({ callId: word, toTag: token, fromTag: token, earlyOnly: fc.boolean() })
    .map((init) => new ua.ReplacesValue(init)),
  'Reply-To': address,
  'Request-Disposition': token,
  Require: token,
  'Retry-After': fc
    .record({
      seconds,
      comment: fc.option(text, { nil: undefined }),
      duration: fc.option(seconds, { nil: undefined }),
    })
    .map((init) => new core.RetryAfterValue(init)),
  Route: address,
  RSeq: seconds,
  'Security-Client': parameterized('mechanism'),
  'Security-Server': parameterized('mechanism'),
  'Security-Verify': parameterized('mechanism'),
  Server: line,
  'Service-Route': address,
  'Session-Expires': fc
    .record({ seconds, refresher: fc.constantFrom('uac' as const, 'uas' as const, undefined) })
    .map((init) => new ua.SessionExpiresValue(init)),
  'SIP-ETag': token,
  'SIP-If-Match': token,
  Subject: line,
  'Subscription-State': fc
    .record({
      state: token,
      reason: fc.option(token, { nil: undefined }),
      expires: fc.option(seconds, { nil: undefined }),
    })
    .map((init) => new simple.SubscriptionStateValue(init)),
  Supported: token,
  'Target-Dialog': fc
    .record({ callId: word, localTag: token, remoteTag: token })
    .map((init) => new xfer.TargetDialogValue(init)),
  Timestamp: fc.record({ time: quarter, delay: quarter }, { requiredKeys: ['time'] }),
  To: address,
  Unsupported: token,
  'User-Agent': line,
  Via: fc.record({ transport: token, host, port, params }).map((init) => new core.ViaValue(init)),
  Warning: fc.record({
    code: fc.integer({ min: 100, max: 999 }),
    agent: fc.constantFrom('isi.edu', '[2001:db8::1]:5060', '192.0.2.1:5070', 'x'),
    text,
  }),
  'WWW-Authenticate': auth,
}

/** What can be seen of a value, to compare: no two values that differ for anybody look the same. */
export function seen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Params || value instanceof core.AuthParams) return [...value]
  if (value instanceof NameAddr) return [value.displayName, seen(value.uri), seen(value.params)]
  if (value instanceof SipUri) return ['sip', value.toString(), value.user, value.host, value.port]
  if (value instanceof TelUri || value instanceof OpaqueUri) return value.toString()
  return Object.entries(value)
    .filter(([, piece]) => piece !== undefined)
    .map(([name, piece]) => [name, seen(piece)])
    .sort()
}
