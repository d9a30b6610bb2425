import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError, ParseError } from '../base/errors.ts'
import { parseWhole } from './cursor.ts'
import { Params, parseParams, parseUriHeaders, parseUriParams } from './params.ts'

const read = (text: string): Params => parseWhole(text, 'test', parseParams)
const readUri = (text: string): Params => parseWhole(text, 'test', parseUriParams)

const name = fc.stringMatching(/^[a-z0-9.!%*_+`'~-]{1,8}$/)
const text = fc.string({ unit: 'grapheme' }).filter((t) => !/[\0\r\n]/.test(t))
const value = fc.oneof(fc.constant(null), text)
const entries = fc.uniqueArray(fc.tuple(name, value), { selector: ([n]) => n.toLowerCase() })

describe('Params of a header', () => {
  it('are found in any case, with, without and by an empty value', () => {
    const params = read(';lr ; Tag = "a \\"b\\"" ;\r\n x=1')
    expect(params.size).toBe(3)
    expect(params.get('LR')).toBeNull()
    expect(params.get('tag')).toBe('a "b"')
    expect(params.get('X')).toBe('1')
    expect(params.get('y')).toBeUndefined()
    expect(params.has('y')).toBe(false)
    expect(read(';a=""').get('a')).toBe('')
  })

  it('keep quotes that came', () => {
    expect(read(';methods="INVITE";a=b').with('a', 'c').toString()).toBe(';methods="INVITE";a=c')
  })

  it('take IPv6 addresses with and without brackets', () => {
    expect(read(';received=2001:db8::9:255').get('received')).toBe('2001:db8::9:255')
    expect(read(';received=[2001:db8::9:255]').get('received')).toBe('[2001:db8::9:255]')
  })

  it('stop before what is none of theirs', () => {
    for (const bad of [';', ';=a', ';a=', ';a="b', ';a=b c', ';;', ';a=b=c', ';a=(']) {
      expect(() => read(bad), bad).toThrow(ParseError)
    }
  })

  it('the first of two of a name counts', () => {
    expect(read(';a=1;A=2').get('a')).toBe('1')
  })

  it('quote where needed only', () => {
    expect(Params.of({ a: 'b', c: 'd e', f: '', g: null, h: 'ü' }).toString()).toBe(
      ';a=b;c="d e";f="";g;h="ü"',
    )
    expect(Params.empty.withQuoted('methods', 'INVITE').toString()).toBe(';methods="INVITE"')
  })

  it('are UTF-8 on the wire', () => {
    expect(Params.of({ a: 'ü' }).toWire()).toBe(';a="\xc3\xbc"')
    expect(read(';a="\xc3\xbc"').get('a')).toBe('ü')
  })

  it('are exchanged in place, added at the end and taken away', () => {
    const params = Params.of({ a: '1', b: '2', c: '3' })
    expect(params.with('B', 'x').toString()).toBe(';a=1;B=x;c=3'.replace('B', 'b'))
    expect(params.with('d', null).toString()).toBe(';a=1;b=2;c=3;d')
    expect(params.without('A').toString()).toBe(';b=2;c=3')
    expect(params.without('x')).toBe(params)
    expect(params.toString()).toBe(';a=1;b=2;c=3')
  })

  it('refuse what cannot be written', () => {
    expect(() => Params.of({ 'a b': null })).toThrow(ArgumentError)
    expect(() => Params.of({ '': null })).toThrow(ArgumentError)
    for (const bad of ['a\rb', 'a\nb', 'a\0b']) {
      expect(() => Params.of({ a: bad })).toThrow(ArgumentError)
      expect(() => Params.empty.with('a', bad)).toThrow(ArgumentError)
      expect(() => Params.empty.withQuoted('a', bad)).toThrow(ArgumentError)
    }
  })

  it('what is printed reads back', () => {
    fc.assert(
      fc.property(entries, (pairs) => {
        const params = read(Params.of(pairs).toWire())
        expect([...params]).toEqual(pairs)
      }),
    )
  })
})

describe('Params of a URI', () => {
  it('resolve escapes in names and values', () => {
    const params = readUri(';%6C%72;n%61me=v%61lue%25%34%31')
    expect([...params]).toEqual([
      ['lr', null],
      ['name', 'value%41'],
    ])
  })

  it('escape what must be', () => {
    expect(Params.of({ a: 'b c;d=é' }, 'uri').toString()).toBe(';a=b%20c%3Bd%3D%C3%A9')
    expect(() => Params.of({ a: '' }, 'uri')).toThrow(ArgumentError)
  })

  it('refuse broken escapes', () => {
    for (const bad of [';a=%', ';a=%4', ';a=%4x', ';%=a', ';a="b"', ';a=']) {
      expect(() => readUri(bad), bad).toThrow(ParseError)
    }
  })

  it('what is printed reads back', () => {
    const nonEmpty = entries.map((pairs) => pairs.filter(([, v]) => v !== ''))
    fc.assert(
      fc.property(nonEmpty, (pairs) => {
        expect([...readUri(Params.of(pairs, 'uri').toWire())]).toEqual(pairs)
      }),
    )
  })

  it('change their style with their place', () => {
    const params = Params.of({ a: 'b c', d: null })
    expect(params.inStyle('uri').toString()).toBe(';a=b%20c;d')
    expect(params.inStyle('uri').inStyle('header').toString()).toBe(params.toString())
    expect(Params.empty.inStyle('uri').with('a', 'b c').toString()).toBe(';a=b%20c')
  })
})

describe('headers of a URI', () => {
  it('are read and printed', () => {
    const params = parseWhole('?Subject=a%20b&Replaces=x@y%3Bto-tag%3D1&Empty=', 'test', parseUriHeaders)
    expect([...params]).toEqual([
      ['Subject', 'a b'],
      ['Replaces', 'x@y;to-tag=1'],
      ['Empty', ''],
    ])
    expect(params.toString()).toBe('?Subject=a%20b&Replaces=x@y%3Bto-tag%3D1&Empty=')
    expect(Params.of({ Replaces: 'x@y;to-tag=1' }, 'uri-headers').toString()).toBe(
      '?Replaces=x%40y%3Bto-tag%3D1',
    )
  })
})
