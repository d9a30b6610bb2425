import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ParseError } from '../base/errors.ts'
import { DIGIT } from './chars.ts'
import { Cursor, comment, parseWhole, quote, unfold, unquote } from './cursor.ts'

const cursor = (text: string): Cursor => new Cursor(text, 'test')

describe('Cursor', () => {
  it('stays within its part of the text', () => {
    const part = new Cursor('abc123def', 'test', 3, 6)
    expect(part.peek()).toBe(0x31)
    expect(part.token('a token')).toBe('123')
    expect(part.done).toBe(true)
    expect(part.peek()).toBe(-1)
    expect(part.eat(0x64)).toBe(false)
  })

  it('skips folds as whitespace', () => {
    const folded = cursor(' \t\r\n  x')
    folded.skipWs()
    expect(folded.token('a token')).toBe('x')
  })

  it('eats what comes next, with the whitespace around it if asked to', () => {
    const padded = cursor('a  ;  b')
    expect(padded.token('a')).toBe('a')
    expect(padded.eatPadded(0x3b)).toBe(true)
    expect(padded.eatPadded(0x3b)).toBe(false)
    expect(padded.rest()).toBe('b')
    expect(() => padded.expect(0x3b, "';'")).toThrow(ParseError)
  })

  it('reads quoted strings with their escapes', () => {
    const quoted = cursor('"a \\"b\\\\"c')
    expect(quoted.quoted()).toBe('a "b\\')
    expect(quoted.at).toBe(9)
  })

  it.each([
    ['no quote', 'a'],
    ['no end', '"abc'],
    ['an escape at the end', '"abc\\'],
    ['the end escaped', '"abc\\"'],
    ['a bare NUL', '"a\0b"'],
    ['an escaped line break', '"a\\\r\n b"'],
  ])('refuses a quoted string with %s', (_, text) => {
    expect(() => cursor(text).quoted()).toThrow(ParseError)
  })

  it('unfolds a quoted string, and lets an escaped NUL be', () => {
    expect(cursor('"a\r\n  b"').rawQuoted()).toBe('"a b"')
    expect(cursor('"a\\\0b"').quoted()).toBe('a\0b')
  })

  it('whatever is quoted reads back', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/[\0\r\n]/.test(text))
        expect(unquote(quote(text))).toBe(text)
        expect(cursor(quote(text)).quoted()).toBe(text)
      }),
    )
  })

  it('reads hosts', () => {
    expect(cursor('example.com:5060').host()).toBe('example.com')
    expect(cursor('[2001:db8::1]:5060').host()).toBe('[2001:db8::1]')
    expect(cursor('[2001:db8:::192.0.2.1]').host()).toBe('[2001:db8:::192.0.2.1]')
    for (const bad of ['', ':', '[', '[]', '[::1', '[example]', '[::1%eth0]']) {
      expect(() => cursor(bad).host(), bad).toThrow(ParseError)
    }
  })

  it('reads numbers up to the given one', () => {
    expect(cursor('0068').uint('n', 255)).toBe(68)
    expect(cursor('255').uint('n', 255)).toBe(255)
    for (const bad of ['256', '', '-1', 'x', '9'.repeat(400)]) {
      expect(() => cursor(bad).uint('n', 255), bad).toThrow(ParseError)
    }
    expect(() => cursor('65536').port()).toThrow(ParseError)
  })

  it('reads comments with others in them', () => {
    const text = cursor('(a (b) \\) c)x')
    expect(text.comment()).toBe('a (b) ) c')
    expect(text.token('x')).toBe('x')
    expect(cursor('(a\r\n b)').comment()).toBe('a b')
    expect(() => cursor('((a)').comment()).toThrow(ParseError)
    expect(() => cursor('(a\\').comment()).toThrow(ParseError)
    const none = cursor('x')
    expect(none.comment()).toBeUndefined()
    expect(none.at).toBe(0)
  })

  it('writes comments that read back', () => {
    for (const text of ['', 'a', 'a (b) c', ')\\(', '(((']) expect(cursor(comment(text)).comment()).toBe(text)
  })

  it('says what it expected, what it found and where', () => {
    const text = new Cursor('ab;c', 'Via', 2)
    try {
      text.run(DIGIT, 'a digit')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ expected: 'a digit', found: '";c"', offset: 2, within: 'Via' })
    }
    expect(() => cursor('').token('a token')).toThrow(/end of input/)
  })
})

describe('parseWhole', () => {
  it('takes the whole text with whitespace around it, and nothing more', () => {
    const read = (c: Cursor) => c.token('a token')
    expect(parseWhole(' a ', 'test', read)).toBe('a')
    expect(() => parseWhole('a b', 'test', read)).toThrow(ParseError)
  })
})

describe('unfold', () => {
  it.each([
    ['a b', 'a b'],
    ['a\r\n b', 'a b'],
    ['a \t\r\n\t \r\n b', 'a b'],
    ['a  b', 'a  b'],
    ['\r\n a\r\n ', ' a '],
  ])('%j is %j', (wire, unfolded) => {
    expect(unfold(wire)).toBe(unfolded)
  })
})
