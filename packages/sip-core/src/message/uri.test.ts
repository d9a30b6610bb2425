import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError, ParseError } from '../base/errors.ts'
import { OpaqueUri, parseUri, SipUri } from './uri.ts'

function sip(text: string): SipUri {
  const uri = parseUri(text)
  if (uri.type !== 'sip') throw new Error(`${text} is no SIP URI`)
  return uri
}

describe('SipUri', () => {
  it('reads all its pieces', () => {
    const uri = sip('sips:alice:secret@example.com:5061;transport=TCP;lr?Subject=a%20b&Priority=urgent')
    expect(uri).toMatchObject({
      scheme: 'sips',
      user: 'alice',
      password: 'secret',
      host: 'example.com',
      port: 5061,
    })
    expect(uri.transport).toBe('tcp')
    expect(uri.isLooseRouter).toBe(true)
    expect(uri.headers.get('subject')).toBe('a b')
    expect([...uri.headers]).toHaveLength(2)
  })

  it.each([
    ['sip:host', undefined, 'host', undefined],
    ['SIP:user@HOST', 'user', 'HOST', undefined],
    ['sip:+1-201@h:1', '+1-201', 'h', 1],
    ['sip:user;par=u%40example.net@example.com', 'user;par=u@example.net', 'example.com', undefined],
    ['sip:sips%3Auser%40example.com@example.net', 'sips:user@example.com', 'example.net', undefined],
    ['sip:null-%00-null@h', 'null-\0-null', 'h', undefined],
    ['sip:j%C3%BCrgen@h', 'jürgen', 'h', undefined],
    ['sip:*98#@h', '*98#', 'h', undefined],
    ['sip:a/b?c@h', 'a/b?c', 'h', undefined],
    ['sip:user@[2001:db8::10]:5070', 'user', '[2001:db8::10]', 5070],
    ['sip:[2001:db8::10:5070]', undefined, '[2001:db8::10:5070]', undefined],
    ['sip:user@[2001:db8:::192.0.2.1]', 'user', '[2001:db8:::192.0.2.1]', undefined],
    ['sip:host;maddr=239.1.1.1;ttl=5', undefined, 'host', undefined],
    ['sip:u:@h', 'u', 'h', undefined],
  ])('reads %s and prints it as it came', (text, user, host, port) => {
    const uri = sip(text)
    expect([uri.user, uri.host, uri.port]).toEqual([user, host, port])
    expect(uri.toString()).toBe(text)
  })

  it.each([
    'sip:',
    'sip:@host',
    'sip:user@',
    'sip:user@@host',
    'sip:user@host:',
    'sip:user@host:65536',
    'sip:user@host:5060x',
    'sip:2001:db8::10',
    'sip:user@[2001:db8::10',
    'sip:us er@host',
    'sip:user@host;',
    'sip:user@host;a=',
    'sip:user@host;=b',
    'sip:user@host; lr',
    'sip:user@host?',
    'sip:user@host?a',
    'sip:user%4@host',
    'sip:user%xx@host',
    'sip:<user>@host',
    'sip:ü@host',
    '<sip:user@host>',
    'user@host',
    ':x',
    '',
    'sip',
  ])('refuses %j', (text) => {
    expect(() => parseUri(text)).toThrow(ParseError)
  })

  it('escapes what it is built from', () => {
    const uri = new SipUri({
      user: 'a b@ü:',
      password: 'p:q',
      host: 'h',
      params: { x: 'y z' },
      headers: { Subject: 'hi you' },
    })
    expect(uri.toString()).toBe('sip:a%20b%40%C3%BC%3A:p%3Aq@h;x=y%20z?Subject=hi%20you')
    expect(new SipUri({ host: '2001:db8::1', port: 5060 }).toString()).toBe('sip:[2001:db8::1]:5060')
  })

  it.each([
    ['a space in the host', { host: 'a b' }],
    ['a line break in the host', { host: 'a\r\nb' }],
    ['no host', { host: '' }],
    ['a broken IPv6 address', { host: '[::1' }],
    ['a letter in an IPv6 address', { host: '::g' }],
    ['a port out of range', { host: 'h', port: 70000 }],
    ['a broken port', { host: 'h', port: 1.5 }],
    ['a password without a user', { host: 'h', password: 'p' }],
  ])('cannot be built with %s', (_, init) => {
    expect(() => new SipUri(init)).toThrow(ArgumentError)
  })

  it('exchanges pieces and leaves the others as they came', () => {
    const uri = sip('sip:a%3Bb:p@h:5060;x=%41?s=%41')
    expect(uri.with({ host: 'i' }).toString()).toBe('sip:a%3Bb:p@i:5060;x=%41?s=%41')
    expect(uri.with({ user: undefined, headers: undefined }).toString()).toBe('sip:h:5060;x=%41')
    expect(uri.with({ port: undefined, params: { lr: null } }).toString()).toBe('sip:a%3Bb:p@h;lr?s=%41')
    expect(uri.with({ scheme: 'sips', password: undefined }).toString()).toBe('sips:a%3Bb@h:5060;x=%41?s=%41')
    expect(uri.toString()).toBe('sip:a%3Bb:p@h:5060;x=%41?s=%41')
  })

  const user = fc.string({ unit: 'grapheme', minLength: 1 })
  const param = fc.record({ name: fc.stringMatching(/^[a-z]{1,5}$/), value: user })

  it('what is built and printed reads back', () => {
    fc.assert(
      fc.property(
        fc.record({
          scheme: fc.constantFrom('sip' as const, 'sips' as const),
          user,
          password: fc.option(user, { nil: undefined }),
          host: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
          port: fc.option(fc.integer({ min: 0, max: 65535 }), { nil: undefined }),
          param,
        }),
        ({ param, ...init }) => {
          const built = new SipUri({
            ...init,
            params: { [param.name]: param.value },
            headers: { [param.name]: param.value },
          })
          const read = sip(built.toString())
          expect(read.user).toBe(init.user)
          expect(read.password).toBe(init.password)
          expect(read.port).toBe(init.port)
          expect(read.host).toBe(built.host)
          expect(read.params.get(param.name)).toBe(param.value)
          expect(read.headers.get(param.name)).toBe(param.value)
          expect(read.equals(built)).toBe(true)
          expect(read.with({ port: 1 }).with({ port: init.port }).toString()).toBe(built.toString())
        },
      ),
    )
  })

  it('no text makes the reader throw anything but a ParseError', () => {
    const bits = fc.constantFrom(
      'sip:',
      'tel:',
      '@',
      ':',
      ';',
      '?',
      '=',
      '&',
      '%',
      '%41',
      '[',
      ']',
      'a',
      '1',
      '+',
      ' ',
      '<',
      '\0',
      'ü',
    )
    fc.assert(
      fc.property(
        fc.array(bits).map((parts) => parts.join('')),
        (text) => {
          try {
            expect(parseUri(text).toString()).toBe(text.trim())
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('equality of SIP URIs (RFC 3261 §19.1.4)', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:a%3bb@h', 'sip:a%3Bb@h'],
    ['sip:a@[2001:db8::1]', 'sip:a@[2001:0DB8:0:0::0:1]'],
    ['sip:[::ffff:192.0.2.1]', 'sip:[::ffff:c000:201]'],
    ['sip:[2001:db8:::1]', 'sip:[2001:DB8:::1]'],
  ])('%s is %s', (a, b) => {
    expect(sip(a).equals(sip(b))).toBe(true)
    expect(sip(b).equals(sip(a))).toBe(true)
  })

  it.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:bob@h', 'sips:bob@h'],
    ['sip:a;b@h', 'sip:a%3Bb@h'],
    ['sip:a%253B@h', 'sip:a%3B@h'],
    ['sip:a:p@h', 'sip:a@h'],
    ['sip:h;maddr=1.2.3.4', 'sip:h'],
    ['sip:h;x=1', 'sip:h;x'],
    ['sip:[2001:db8::1]', 'sip:[2001:db8::2]'],
    ['sip:[2001:db8:::1]', 'sip:[2001:db8::1]'],
    ['sip:[::1]', 'sip:1'],
  ])('%s is not %s', (a, b) => {
    expect(sip(a).equals(sip(b))).toBe(false)
    expect(sip(b).equals(sip(a))).toBe(false)
  })
})

describe('OpaqueUri', () => {
  it('keeps what it does not understand', () => {
    const uri = parseUri('soap.beep://192.0.2.103:3002') as OpaqueUri
    expect(uri).toMatchObject({ type: 'other', scheme: 'soap.beep', rest: '//192.0.2.103:3002' })
    expect(uri.toString()).toBe('soap.beep://192.0.2.103:3002')
    expect(uri.equals(parseUri('SOAP.BEEP://192.0.2.103:3002'))).toBe(true)
    expect(uri.equals(new OpaqueUri({ scheme: 'soap.beep', rest: '//x' }))).toBe(false)
  })

  it('holds no spaces, quotes or brackets', () => {
    for (const bad of ['http:', 'http:a b', 'http:"', 'http:<a>', 'http:a\nb']) {
      expect(() => parseUri(bad), bad).toThrow(ParseError)
    }
  })
})
