import { describe, expect, it } from 'vitest'
import { ArgumentError, ParseError } from '../base/errors.ts'
import { Cursor } from './cursor.ts'
import { defineHeader, formsOf, type HeaderKind, headerKey, readValues } from './header-codec.ts'

const codec = (kind: HeaderKind, mayBeEmpty = false) =>
  defineHeader<string>({
    name: 'X-Test',
    kind,
    mayBeEmpty,
    parse: (cursor) => cursor.token('a token'),
    print: (v) => v,
  })

const read = (text: string, kind: HeaderKind, mayBeEmpty?: boolean): string[] =>
  readValues(codec(kind, mayBeEmpty), new Cursor(text, 'X-Test'))

describe('headerKey', () => {
  it.each([
    ['VIA', 'via'],
    ['v', 'via'],
    ['V', 'via'],
    ['l', 'content-length'],
    ['O', 'event'],
    ['x', 'session-expires'],
    ['z', 'z'],
    ['X-Foo', 'x-foo'],
  ])('%s is %s', (name, key) => {
    expect(headerKey(name)).toBe(key)
  })

  it('takes tokens only', () => {
    for (const bad of ['', 'a b', 'a:', 'a\r\n', 'ü']) expect(() => headerKey(bad)).toThrow(ArgumentError)
  })

  it('has its inverse in formsOf', () => {
    expect(formsOf('via')).toEqual(['via', 'v'])
    expect(formsOf('x-foo')).toEqual(['x-foo'])
  })
})

describe('defineHeader', () => {
  it('fills in what was left out', () => {
    const header = defineHeader({ name: 'V', kind: 'single', parse: () => 1, print: String })
    expect(header).toMatchObject({ name: 'V', key: 'via', mayBeEmpty: false, linePerValue: false })
  })
})

describe('readValues', () => {
  it('splits a list at its commas', () => {
    expect(read('a , b,c', 'list')).toEqual(['a', 'b', 'c'])
    for (const bad of ['', 'a,', ',a', 'a,,b', 'a b'])
      expect(() => read(bad, 'list'), bad).toThrow(ParseError)
  })

  it('takes an empty list where the header allows it', () => {
    expect(read('', 'list', true)).toEqual([])
    expect(() => read(',', 'list', true)).toThrow(ParseError)
  })

  it('takes one value of other headers', () => {
    expect(read('a', 'single')).toEqual(['a'])
    expect(read('a', 'lines')).toEqual(['a'])
    expect(() => read('a, b', 'single')).toThrow(ParseError)
    expect(() => read('a, b', 'lines')).toThrow(ParseError)
  })
})
