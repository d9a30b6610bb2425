import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textToBytes } from '../message/index.ts'
import { summarize } from './ladder-summary.ts'

function line(start: string, headers: readonly string[] = [], body = ''): string {
  const { title, details } = summarize(textToBytes([start, ...headers, '', body].join('\r\n')))
  return [title, ...details.map(({ text }) => text)].join('  ')
}

const request = (method: string, headers: readonly string[] = [], body = '') =>
  line(`${method} sip:bob@example.com SIP/2.0`, headers, body)

describe('a message in one line', () => {
  it.each([
    ['INVITE', request('INVITE', ['To: <sip:bob@example.com>'])],
    ['re-INVITE', request('INVITE', ['To: <sip:bob@example.com>;tag=1'])],
    ['INVITE', request('INVITE', ['To: <sip:bob@example.com;tag=1>'])],
    ['INVITE  SDP', request('INVITE', ['c: application/sdp'], 'v=0\r\na=sendrecv\r\n')],
    [
      're-INVITE  SDP sendonly',
      request('INVITE', ['t: Bob <sip:b>; tag=1', 'c: application/sdp'], 'v=0\r\na=sendonly\r\n'),
    ],
    [
      'INVITE  Replaces  Referred-By: sip:bob@b',
      request('INVITE', ['Replaces: 1;to-tag=2', 'b: "B" <sip:bob@b>;cid=3']),
    ],
    ['INVITE  with credentials', request('INVITE', ['Proxy-Authorization: Digest a=b'])],
    ['REFER  Refer-To: sip:carol@c', request('REFER', ['Refer-To: <sip:carol@c>'])],
    ['REFER  Refer-To: sip:carol@c', request('REFER', ['r: sip:carol@c;x=y'])],
    [
      'REFER  Refer-To: sip:carol@c  Replaces',
      request('REFER', ['Refer-To: Carol <sip:carol@c?Subject=x&Replaces=1%3B>']),
    ],
    [
      'NOTIFY  active  SIP/2.0 180 Ringing',
      request(
        'NOTIFY',
        ['Subscription-State: active;expires=60', 'Content-Type: message/sipfrag'],
        'SIP/2.0 180 Ringing\r\n',
      ),
    ],
    [
      'NOTIFY  terminated (noresource)  SIP/2.0 200 OK',
      request(
        'NOTIFY',
        ['Subscription-State: terminated ; reason=noresource', 'Content-Type: Message/SipFrag;version=2.0'],
        'SIP/2.0 200 OK',
      ),
    ],
    ['NOTIFY  pending  presence', request('NOTIFY', ['Subscription-State: pending', 'o: presence'])],
    ['NOTIFY', request('NOTIFY')],
    ['SUBSCRIBE  refer;id=2  Expires: 0', request('SUBSCRIBE', ['Event: refer;id=2', 'Expires: 0'])],
    [
      'REGISTER  sip:bob@example.com  Expires: 3600',
      request('REGISTER', ['To: Bob <sip:bob@example.com>', 'Expires: 3600']),
    ],
    ['MESSAGE  hello', request('MESSAGE', [], '\r\nhello\r\nworld')],
    ['INFO  application/dtmf-relay', request('INFO', ['Content-Type: application/dtmf-relay'])],
    ['BYE  Reason: Q.850;cause=16', request('BYE', ['Reason: Q.850;cause=16'])],
    ['CANCEL', request('CANCEL')],
    ['NEW-METHOD', request('NEW-METHOD')],
    ['100 Trying', line('SIP/2.0 100 Trying', ['CSeq: 1 INVITE'])],
    ['202 Accepted  (REFER)', line('SIP/2.0 202 Accepted', ['CSeq: 12 REFER'])],
    ['200 OK  (NOTIFY)', line('sip/2.0 200 OK', ['cSEQ:12  NOTIFY'])],
    [
      '302 Moved Temporarily  Contact: sip:c@d',
      line('SIP/2.0 302 Moved Temporarily', ['CSeq: 1 INVITE', 'm: <sip:c@d>']),
    ],
    ['183', line('SIP/2.0 183')],
    ['480 Grüße', line('SIP/2.0 480 Grüße')],
    ['not SIP  13 bytes  "hello"', line('hello', ['w'], 'd')],
    ['not SIP  4 bytes', line('')],
  ])('%s', (expected, shown) => {
    expect(shown).toBe(expected)
  })

  it('is shorter where room is short', () => {
    const shorter = (start: string, ...headers: string[]) =>
      summarize(textToBytes([start, ...headers, '', ''].join('\r\n'))).details.map(
        ({ text, short = text }) => short,
      )
    expect(shorter('INVITE sip:a SIP/2.0', 'Referred-By: <sip:b>')).toEqual(['referred'])
    expect(shorter('REFER sip:a SIP/2.0', 'Refer-To: <sip:b>')).toEqual(['sip:b'])
    expect(shorter('NOTIFY sip:a SIP/2.0', 'Subscription-State: terminated;reason=noresource')).toEqual([
      'terminated',
    ])
    expect(shorter('SIP/2.0 202 Accepted', 'CSeq: 1 REFER')).toEqual([''])
  })

  it('tells colours by kinds', () => {
    const kind = (start: string) => summarize(textToBytes(start)).kind
    expect(
      [
        'BYE sip:a SIP/2.0',
        'SIP/2.0 180 R',
        'SIP/2.0 299',
        'SIP/2.0 302 M',
        'SIP/2.0 603 D',
        'SIP/2.0 20 OK',
      ].map(kind),
    ).toEqual(['request', 'provisional', 'success', 'failure', 'failure', 'garbage'])
  })

  it('unfolds, reads lone line feeds, and takes the first of several', () => {
    const folded = textToBytes('REFER sip:a SIP/2.0\nRefer-To:\n <sip:b@c>\nRefer-To: <sip:d>\n\n')
    expect(summarize(folded).details).toEqual([{ text: 'Refer-To: sip:b@c', short: 'sip:b@c' }])
  })

  it('shows nothing that commands a terminal', () => {
    const { details } = summarize(textToBytes('MESSAGE sip:a SIP/2.0\r\n\r\n\x1b]0;x\x07 \u202eevil'))
    expect(details).toEqual([{ text: '\\x1b]0;x\\x07 \\u{202e}evil' }])
  })

  it('is short and quick, whatever comes', () => {
    for (const bytes of [
      textToBytes('A'.repeat(65_535)),
      textToBytes(' '.repeat(65_535)),
      textToBytes(`INVITE ${' '.repeat(60_000)}SIP/2`),
      textToBytes(`REFER a SIP/2.0\r\nRefer-To: ${'<'.repeat(60_000)}`),
      textToBytes(`INVITE a SIP/2.0\r\nTo: ${';tag'.repeat(15_000)}`),
      textToBytes(`NOTIFY a SIP/2.0\r\nSubscription-State: ${';reason '.repeat(8000)}`),
      textToBytes(`INVITE a SIP/2.0\r\nTo: a${'\r\n '.repeat(20_000)}`),
    ]) {
      const start = performance.now()
      const { title, details } = summarize(bytes)
      expect(title.length + details.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(600)
      expect(performance.now() - start).toBeLessThan(250)
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(summarize(bytes).title).not.toBe('')
      }),
    )
  })
})
