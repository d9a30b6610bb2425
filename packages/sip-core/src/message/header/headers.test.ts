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
      ].sort(),
    )
    expect(codecs.filter(({ mayBeEmpty }) => mayBeEmpty).map(({ name }) => name)).toEqual([
      'Accept',
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
    () =>
      all.Reason.print({ protocol: '', params: all.ContentDisposition.parse(new Cursor('x', '')).params }),
    () =>
      all.ContentDisposition.print({
        type: 'a b',
        params: all.ContentDisposition.parse(new Cursor('x', '')).params,
      }),
    () =>
      all.RetryAfter.print({ seconds: -1, params: all.ContentDisposition.parse(new Cursor('x', '')).params }),
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
  it('reads over a comment', () => {
    expect(read(all.RetryAfter, '120 (in a (short) meeting);duration=60')[0]?.params.get('duration')).toBe(
      '60',
    )
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
