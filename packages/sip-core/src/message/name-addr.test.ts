import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError, ParseError } from '../base/errors.ts'
import { NameAddr, parseNameAddr } from './name-addr.ts'

describe('NameAddr', () => {
  it.each([
    ['<sip:a@h>', undefined, 'sip:a@h'],
    ['Bob <sip:a@h>', 'Bob', 'sip:a@h'],
    ['Bob<sip:a@h>', 'Bob', 'sip:a@h'],
    ["token1~`  token2'+_ <sip:a@h>", "token1~`  token2'+_", 'sip:a@h'],
    ['"Bob, \\"B\\" <x>" <sip:a@h>', 'Bob, "B" <x>', 'sip:a@h'],
    ['"Bob"<sip:a@h;p=1?h=2>', 'Bob', 'sip:a@h;p=1?h=2'],
    ['"" <sip:a@h>', undefined, 'sip:a@h'],
    ['Jürgen Müller <sip:a@h>', 'Jürgen Müller', 'sip:a@h'],
    ['"Jürgen" <sip:a@h>', 'Jürgen', 'sip:a@h'],
    ['sip:a@h', undefined, 'sip:a@h'],
    ['<tel:+1>', undefined, 'tel:+1'],
    ['isbn:2983792873', undefined, 'isbn:2983792873'],
    ['Bob \r\n Smith <sip:a@h>', 'Bob Smith', 'sip:a@h'],
  ])('reads %j', (text, displayName, uri) => {
    const value = parseNameAddr(text)
    expect(value.displayName).toBe(displayName)
    expect(value.uri.toString()).toBe(uri)
    expect(parseNameAddr(value.toString()).toString()).toBe(value.toString())
  })

  it("does not take an '@' behind the URI for one of its own", () => {
    const value = parseNameAddr('<sip:h:5060;lr>;x="a@b"')
    expect(value.uri).toMatchObject({ user: undefined, host: 'h', port: 5060 })
    expect(value.params.get('x')).toBe('a@b')
  })

  it('without < and > gives parameters to the header (RFC 8217)', () => {
    const bare = parseNameAddr('sip:a@h;tag=1')
    expect(bare.uri.toString()).toBe('sip:a@h')
    expect(bare.tag).toBe('1')
    expect(bare.toString()).toBe('<sip:a@h>;tag=1')
    expect(parseNameAddr('<sip:a@h;tag=1>').tag).toBeUndefined()
  })

  it.each([
    '',
    'Bob',
    'Bob sip:a@h',
    '<sip:a@h',
    'sip:a@h>',
    '< sip:a@h >',
    '<sip:a@h >',
    '"Bob <sip:a@h>',
    'Bell, Alexander <sip:a@h>',
    'sip:a@h?Route=x',
    'sip:a@h,sip:b@h',
    '<sip:a@h> x',
    '<sip:a@h>;',
    '<sip:a@h>;;a',
    '<<sip:a@h>>',
    '<>',
  ])('refuses %j', (text) => {
    expect(() => parseNameAddr(text)).toThrow(ParseError)
  })

  it('keeps the display name as it came when other pieces change', () => {
    expect(parseNameAddr('Bob <sip:a@h>').withParam('tag', 'x').toString()).toBe('Bob <sip:a@h>;tag=x')
    expect(parseNameAddr('"Bob"  <sip:a@h>').withParam('tag', 'x').toString()).toBe('"Bob" <sip:a@h>;tag=x')
    expect(parseNameAddr('"\\a" <sip:a@h>').with({ uri: 'sip:b@h' }).toString()).toBe('"\\a" <sip:b@h>')
  })

  it('exchanges and takes away pieces', () => {
    const value = parseNameAddr('Bob <sip:a@h>;tag=1;x')
    expect(value.with({ displayName: 'Al' }).toString()).toBe('"Al" <sip:a@h>;tag=1;x')
    expect(value.with({ displayName: undefined }).toString()).toBe('<sip:a@h>;tag=1;x')
    expect(value.withParam('tag', undefined).toString()).toBe('Bob <sip:a@h>;x')
    expect(value.withParam('y', null).toString()).toBe('Bob <sip:a@h>;tag=1;x;y')
  })

  it('refuses what cannot be written', () => {
    for (const displayName of ['a\r\nb', 'a\0', '\n']) {
      expect(() => new NameAddr({ displayName, uri: 'sip:a@h' })).toThrow(ArgumentError)
    }
    expect(() => new NameAddr({ uri: 'sip:a@h\r\nX: y' })).toThrow(ParseError)
  })

  it('what is built and printed reads back', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((t) => !/[\0\r\n]/.test(t))
    fc.assert(
      fc.property(text, text, (displayName, tag) => {
        const built = new NameAddr({ displayName, uri: 'sip:a@h', params: { tag } })
        const read = parseNameAddr(built.toString())
        expect(read.displayName).toBe(displayName === '' ? undefined : displayName)
        expect(read.tag).toBe(tag)
        expect(read.toString()).toBe(built.toString())
      }),
    )
  })

  it('no text makes the reader throw anything but a ParseError', () => {
    const bits = fc.constantFrom(
      'sip:a@h',
      '<',
      '>',
      '"',
      '\\',
      ';',
      ',',
      '=',
      'a',
      ' ',
      '\r\n ',
      'ü',
      '?',
      '*',
    )
    fc.assert(
      fc.property(
        fc.array(bits).map((parts) => parts.join('')),
        (text) => {
          try {
            const value = parseNameAddr(text)
            expect(parseNameAddr(value.toString()).toString()).toBe(value.toString())
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})
