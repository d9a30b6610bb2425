import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError, ParseError } from '../../base/errors.ts'
import { Cursor } from '../cursor.ts'
import { type HeaderCodec, readValues } from '../header-codec.ts'
import * as all from './index.ts'

const read = <T>(header: HeaderCodec<T>, text: string): T[] =>
  readValues(header, new Cursor(text, header.name))

const codecs = Object.values(all as Readonly<Record<string, unknown>>).filter(isCodec)

function isCodec(value: unknown): value is HeaderCodec<unknown> {
  return typeof value === 'object' && value !== null && 'parse' in value && 'key' in value
}

// For each header: values that must read, and print as written.
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  Accept: ['application/sdp', 'text/*;q=0.5', '*/*', 'a/b;level="x y"'],
  Allow: ['INVITE', '!odd'],
  'Authentication-Info': ['nextnonce="a b", qop=auth, rspauth="x", cnonce="y", nc=00000001'],
  Authorization: [
    'Digest username="bob", realm="a \\"b\\"", uri="sip:h", nc=00000001',
    'Basic QWxh+/==',
    'X',
  ],
  'Call-ID': ['a@b', 'x', '3848276298220188511@atlanta.example.com', 'a@b@c', '<>:\\"/[]?{}()'],
  Contact: ['*', '<sip:a@h>;expires=60;q=0.5', '"A" <sip:a@h>'],
  'Content-Disposition': ['session', 'render;handling=optional'],
  'Content-Encoding': ['gzip'],
  'Content-Length': ['0', '1024'],
  'Content-Type': ['application/sdp', 'multipart/mixed;boundary="a b"'],
  CSeq: ['0 INVITE', '4294967295 x'],
  Expires: ['0', '4294967295'],
  From: ['<sip:a@h>;tag=1', '"A" <sip:a@h>'],
  'Max-Forwards': ['0', '255'],
  'Min-Expires': ['60'],
  Organization: ['Boxes by Bob'],
  Path: ['<sip:p;lr>'],
  'Proxy-Authenticate': ['Digest realm="a, b", nonce="", qop="auth,auth-int", stale=TRUE', 'NTLM'],
  'Proxy-Authentication-Info': ['qop=auth'],
  'Proxy-Authorization': ['NoOneKnowsThis opaque-data=here'],
  'Proxy-Require': ['foo'],
  Reason: ['SIP;cause=200;text="Call completed elsewhere"', 'Q.850;cause=16'],
  'Record-Route': ['<sip:p;lr>'],
  Require: ['100rel'],
  'Retry-After': ['18000;duration=3600', '0'],
  Route: ['<sip:p;lr>', '<sip:p;lr>;x=1'],
  Server: ['x/1 (y)'],
  'Service-Route': ['<sip:p;lr>'],
  Subject: ['a, b; c "d'],
  Supported: ['100rel', 'replaces'],
  To: ['<sip:a@h>'],
  Unsupported: ['foo'],
  'User-Agent': ['x/1 (y) z'],
  Via: ['SIP/2.0/UDP h:5060;branch=z9hG4bKx', 'SIP/2.0/TLS [2001:db8::1]'],
  'WWW-Authenticate': ['Digest realm="a", algorithm=SHA-256'],
  'Accept-Contact': ['*;+sip.instance="<urn:uuid:0>";require', '*;audio;q=0.5', '*'],
  'Accept-Encoding': ['gzip;q=0.5', '*', 'identity'],
  'Accept-Language': ['da', 'en-gb;q=0.8', '*'],
  'Alert-Info': ['<http://www.example.com/sounds/moo.wav>', '<urn:alert:service:call-waiting>;x=y'],
  'Call-Info': ['<http://www.example.com/alice/photo.jpg>;purpose=icon'],
  'Content-ID': ['<20398823.2UWQFN309shb3@referrer.example>', '<a>'],
  'Content-Language': ['fr', 'en-US'],
  'Content-Transfer-Encoding': ['binary', 'base64'],
  Date: ['Sat, 13 Nov 2010 23:29:00 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Tue, 29 Feb 2000 12:00:01 GMT'],
  'Error-Info': ['<sip:not-in-service-recording@atlanta.com>'],
  'Flow-Timer': ['120'],
  'In-Reply-To': ['70710@saturn.bell-tel.com', 'x'],
  'MIME-Version': ['1.0'],
  'Max-Breadth': ['60'],
  Priority: ['emergency', 'non-urgent', 'x'],
  'Reject-Contact': ['*;actor="msg-taker"', '*'],
  'Reply-To': ['"Bob" <sip:bob@biloxi.com>', '<sip:a@h>;x'],
  'Request-Disposition': ['proxy', 'no-fork'],
  'Security-Client': ['tls;q=0.2', 'digest;d-qop=auth;d-ver="0000000000000000000000000000a987"'],
  'Security-Server': ['ipsec-ike;q=0.1'],
  'Security-Verify': ['tls;q=0.2'],
  Timestamp: ['54', '54.21 0.3', '0'],
  Warning: ['307 isi.edu "Session parameter \\"foo\\" not understood"', '399 [2001:db8::1]:5060 ""'],
}

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  Accept: ['application', 'application/', '/sdp', 'a/b c'],
  Allow: ['a,', 'a b', 'a/b'],
  'Authentication-Info': ['', 'qop', 'Digest qop=auth'],
  Authorization: ['', '"a"', 'Digest a="b', 'Digest a b', 'Digest a="b" c="d"', 'a=b', 'Basic QQ==; x'],
  'Call-ID': ['', 'a b', 'ü'],
  Contact: ['', '*, <sip:a@h>', '*;a=b', 'sip:a@h?b=c', '<sip:a@h>;;'],
  'Content-Length': ['', '-1', '1 2', '1,2', '9'.repeat(30), '0x1'],
  'Content-Type': ['', 'text', 'a/b, c/d'],
  CSeq: ['', '1', 'INVITE', '4294967296 INVITE', '1INVITE x', '-1 INVITE'],
  Expires: ['4294967296', '-1', ''],
  From: ['', '"a <sip:a@h>', '<sip:a@h>, <sip:b@h>'],
  'Max-Forwards': ['256', '-1', ''],
  Require: [''],
  'Retry-After': ['', '1 (a', 'soon', '1;', '4294967296'],
  Route: ['', '<sip:a@h>,', '<sip:p;lr'],
  Via: [
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP h;;',
    'SIP/3.0/UDP h',
    'SIP/2.0 h',
    'UDP h',
    'SIP/2.0/UDP h:x',
    'SIP/2.0/UDP h,,',
  ],
  'Accept-Contact': ['', 'audio', '*audio', '*;'],
  'Accept-Encoding': ['gzip;', 'a b'],
  'Alert-Info': ['', '<http://a', 'http://a,'],
  'Content-Disposition': ['', ';handling=optional', 'a, b'],
  'Content-ID': ['', 'a@b', '<>', '<a b>', '<a'],
  Date: [
    'Fri, 01 Jan 2010 16:00:00 EST',
    'Sat, 13 Nov 2010 23:29:00',
    'Sat, 13 Nov 2010 24:00:00 GMT',
    'Sat, 13 Nov 2010 23:60:00 GMT',
    'Sat, 13 Nov 10 23:29:00 GMT',
    'Sat, 31 Nov 2010 23:29:00 GMT',
    'Sun, 29 Feb 2100 23:29:00 GMT',
    'Sat, 00 Nov 2010 23:29:00 GMT',
    'Sat, 13 nov 2010 23:29:00 GMT',
    'Caturday, 13 Nov 2010 23:29:00 GMT',
    'Sat 13 Nov 2010 23:29:00 GMT',
    'Sat,13 Nov 2010 23:29:00 GMT',
    'Saturday, 13-Nov-10 23:29:00 GMT',
    'Sat, 3 Nov 2010 23:29:00 GMT',
  ],
  'In-Reply-To': ['', 'a b', 'a,'],
  'MIME-Version': ['', '1', '1.', '1.0 (x', '1.0 2'],
  Priority: ['', 'a b', 'a, b'],
  Reason: ['', ';cause=1', 'SIP;'],
  'Security-Client': ['', 'tls;'],
  Timestamp: ['', '.', '-1', '1 x', '1 .', '1e3'],
  Warning: [
    '',
    '1812 overture "In Progress"',
    '30 h "x"',
    '307 h',
    '307 "x"',
    '307h "x"',
    '307 h "x',
    '307  ',
  ],
}

describe('headers', () => {
  it('have samples each', () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(codecs.map(({ name }) => name).sort())
  })

  it.each(codecs.map((codec) => [codec.name, codec] as const))('%s reads and prints', (name, codec) => {
    for (const text of SAMPLES[name] ?? []) {
      const [value, ...others] = read(codec, text)
      expect(others).toEqual([])
      expect(codec.print(value)).toBe(text)
    }
    for (const text of REFUSED[name] ?? [])
      expect(() => read(codec, text), `${name}: ${text}`).toThrow(ParseError)
  })

  it('are lists, or come once', () => {
    const lists = codecs.filter(({ kind }) => kind === 'list')
    expect(lists.map(({ name }) => name).sort()).toEqual(
      [
        'Accept',
        'Allow',
        'Authorization',
        'Contact',
        'Content-Encoding',
        'Path',
        'Proxy-Authenticate',
        'Proxy-Authorization',
        'Proxy-Require',
        'Reason',
        'Record-Route',
        'Require',
        'Route',
        'Service-Route',
        'Supported',
        'Unsupported',
        'Via',
        'WWW-Authenticate',
        'Accept-Contact',
        'Accept-Encoding',
        'Accept-Language',
        'Alert-Info',
        'Call-Info',
        'Content-Language',
        'Error-Info',
        'In-Reply-To',
        'Reject-Contact',
        'Request-Disposition',
        'Security-Client',
        'Security-Server',
        'Security-Verify',
        'Warning',
      ].sort(),
    )
    expect(codecs.filter(({ mayBeEmpty }) => mayBeEmpty).map(({ name }) => name)).toEqual([
      'Accept',
      'Accept-Encoding',
      'Accept-Language',
      'Allow',
      'Supported',
    ])
  })
})

describe('what an application puts in', () => {
  it.each([
    () => all.CSeq.print({ seq: -1, method: 'INVITE' }),
    () => all.CSeq.print({ seq: 2 ** 32, method: 'INVITE' }),
    () => all.CSeq.print({ seq: 1, method: 'A B' }),
    () => all.MaxForwards.print(1.5),
    () => all.CallId.print(''),
    () => all.CallId.print('a\r\n'),
    () => all.Allow.print('A B'),
    () => new all.ReasonValue({ protocol: '' }),
    () => new all.ReasonValue({ protocol: 'SIP', cause: -1 }),
    () => new all.ReasonValue({ protocol: 'SIP', text: 'a\r\nb' }),
    () => all.Warning.print({ code: 99, agent: 'h', text: '' }),
    () => all.Warning.print({ code: 399, agent: 'h h', text: '' }),
    () => all.Priority.print('a b'),
    () => all.ContentId.print('a@h'),
    () => all.ContentId.print('<a b>'),
    () => all.ContentId.print('<a>b>'),
    () => all.ContentId.print('<>'),
    () => all.MimeVersion.print('1'),
    () => all.MimeVersion.print('.1'),
    () => all.MimeVersion.print('1.x'),
    () => all.InReplyTo.print('a,b'),
    () => all.Timestamp.print({ time: -1 }),
    () => all.Timestamp.print({ time: Number.NaN }),
    () => all.Timestamp.print({ time: 1e21 }),
    () => all.DateHeader.print(Number.NaN),
    () => all.DateHeader.print(Number.POSITIVE_INFINITY),
    () => all.DateHeader.print(-62_167_219_200_001),
    () => all.DateHeader.print(253_402_300_800_000),
    () =>
      all.ContentDisposition.print({
        type: 'a b',
        params: all.ContentDisposition.parse(new Cursor('x', '')).params,
      }),
    () => new all.RetryAfterValue({ seconds: -1 }),
    () => new all.RetryAfterValue({ seconds: 1, duration: 0.5 }),
    () => new all.MediaType({ type: 'a b', subtype: 'c' }),
    () => new all.MediaType({ type: 'a', subtype: '' }),
    () => new all.ViaValue({ transport: 'U P', host: 'h' }),
    () => new all.ViaValue({ transport: 'UDP', host: 'h h' }),
    () => new all.ViaValue({ transport: 'UDP', host: 'h', port: -1 }),
  ])('is checked: %s', (put) => {
    expect(put).toThrow(ArgumentError)
  })
})

describe('Via', () => {
  it('allows whitespace where the RFC does', () => {
    const [via] = read(all.Via, 'SIP  / 2.0 /\r\n UDP    192.0.2.2 : 5060 ;branch  =\r\n  x')
    expect(via?.toString()).toBe('SIP/2.0/UDP 192.0.2.2:5060;branch=x')
  })

  it('has getters for what transports ask', () => {
    const [via] = read(all.Via, 'SIP/2.0/TCP h;branch=z9;received=1.2.3.4;rport=77')
    expect(via).toMatchObject({
      transport: 'TCP',
      host: 'h',
      port: undefined,
      branch: 'z9',
      received: '1.2.3.4',
      rport: 77,
    })
    expect(read(all.Via, 'SIP/2.0/UDP h;rport')[0]?.rport).toBeNull()
    expect(read(all.Via, 'SIP/2.0/UDP h')[0]?.rport).toBeUndefined()
    for (const bad of ['70000', 'x', '1e3', '123456']) {
      expect(read(all.Via, `SIP/2.0/UDP h;rport=${bad}`)[0]?.rport, bad).toBeUndefined()
    }
  })

  it('exchanges pieces', () => {
    const via = new all.ViaValue({ transport: 'UDP', host: '2001:db8::1', params: { branch: 'x' } })
    expect(via.with({ port: 5061 }).toString()).toBe('SIP/2.0/UDP [2001:db8::1]:5061;branch=x')
    expect(via.with({ params: via.params.with('rport', null) }).toString()).toBe(
      'SIP/2.0/UDP [2001:db8::1];branch=x;rport',
    )
  })
})

describe('Contact', () => {
  it('knows a star from a name that begins with one', () => {
    expect(read(all.Contact, '* ')).toEqual(['*'])
    expect(read(all.Contact, '*a <sip:a@h>').map(String)).toEqual(['*a <sip:a@h>'])
  })
})

describe('Retry-After', () => {
  it('keeps comment and duration', () => {
    const [retry] = read(all.RetryAfter, '120 (in a (short) meeting);duration=60')
    expect(retry).toMatchObject({ seconds: 120, comment: 'in a (short) meeting', duration: 60 })
    expect(all.RetryAfter.print(retry as all.RetryAfterValue)).toBe(
      '120 (in a \\(short\\) meeting);duration=60',
    )
    expect(read(all.RetryAfter, '5 (gr\xc3\xbc\xc3\x9fe)')[0]?.comment).toBe('grüße')
    expect(read(all.RetryAfter, '5;duration=x')[0]?.duration).toBeUndefined()
    const built = new all.RetryAfterValue({ seconds: 5, duration: 7, params: { x: null } })
    expect(all.RetryAfter.print(built)).toBe('5;x;duration=7')
  })
})

describe('Reason', () => {
  it('has its cause and text', () => {
    const [sip, q850] = read(all.Reason, 'SIP;cause=200;text="Call completed elsewhere", Q.850;cause=x')
    expect(sip).toMatchObject({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' })
    expect(q850).toMatchObject({ protocol: 'Q.850', cause: undefined, text: undefined })
    expect(all.Reason.print(new all.ReasonValue({ protocol: 'SIP', cause: 487, text: 'Gone' }))).toBe(
      'SIP;cause=487;text="Gone"',
    )
  })
})

describe('Date', () => {
  it('is what the calendar says', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }), (seconds) => {
        expect(all.DateHeader.print(seconds * 1000)).toBe(new Date(seconds * 1000).toUTCString())
        expect(read(all.DateHeader, all.DateHeader.print(seconds * 1000))).toEqual([seconds * 1000])
      }),
      { numRuns: 2000 },
    )
  })

  it('writes whole seconds, takes any weekday and a leap second', () => {
    expect(all.DateHeader.print(1999)).toBe('Thu, 01 Jan 1970 00:00:01 GMT')
    expect(read(all.DateHeader, 'Mon, 01 Jan 1970 00:00:01 GMT')).toEqual([1000])
    expect(read(all.DateHeader, 'Sat, 31 Dec 2016 23:59:60 GMT')).toEqual([Date.UTC(2017, 0, 1)])
    expect(read(all.DateHeader, 'Thu, \r\n 01 Jan 1970 00:00:01 GMT')).toEqual([1000])
  })
})

describe('Timestamp', () => {
  it('has decimals on both sides', () => {
    expect(read(all.Timestamp, '54.')).toEqual([{ time: 54 }])
    expect(read(all.Timestamp, '54.5 .25')).toEqual([{ time: 54.5, delay: 0.25 }])
    expect(all.Timestamp.print({ time: 1e-7, delay: 1200 })).toBe('0 1200')
  })
})

describe('Warning', () => {
  it('says who warns of what', () => {
    expect(
      read(all.Warning, '301 isi.edu "Incompatible type of address \'E.164\'", 399 x "\xc3\xbc"'),
    ).toEqual([
      { code: 301, agent: 'isi.edu', text: "Incompatible type of address 'E.164'" },
      { code: 399, agent: 'x', text: 'ü' },
    ])
  })
})

describe('MIME-Version', () => {
  it('reads over a comment', () => {
    expect(read(all.MimeVersion, '1.0 (produced by (me))')).toEqual(['1.0'])
  })
})

describe('Accept', () => {
  it('of several ranges the narrowest decides', () => {
    const likes = (text: string) =>
      all.acceptance(read(all.Accept, text), all.MediaType.parse('application/sdp'))
    expect(likes('application/sdp')).toBe(1)
    expect(likes('*/*;q=0.1, application/*;q=0.2, APPLICATION/sdp;q=0.3')).toBe(0.3)
    expect(likes('application/sdp;q=0, */*')).toBe(0)
    expect(likes('text/plain, */*;q=0.5')).toBe(0.5)
    expect(likes('text/nobodyKnowsThis')).toBe(0)
    expect(likes('')).toBe(0)
    expect(likes('*/*;q=loud')).toBe(1)
  })
})

describe('MediaType', () => {
  it('compares by essence', () => {
    const sdp = all.MediaType.parse('Application/SDP;x=1')
    expect(sdp.essence).toBe('application/sdp')
    for (const [range, holds] of [
      ['*/*', true],
      ['application/*', true],
      ['APPLICATION/sdp', true],
      ['text/*', false],
      ['application/pidf+xml', false],
    ] as const) {
      expect(all.MediaType.parse(range).matches(sdp), range).toBe(holds)
    }
    expect(() => all.MediaType.parse('application')).toThrow(ParseError)
  })
})

describe('text headers', () => {
  it('are unfolded UTF-8', () => {
    expect(read(all.Subject, 'gr\xc3\xbc\xc3\x9fe\r\n  aus')).toEqual(['grüße aus'])
    expect(all.Subject.print('grüße')).toBe('gr\xc3\xbc\xc3\x9fe')
    expect(read(all.Subject, '')).toEqual([''])
  })
})
