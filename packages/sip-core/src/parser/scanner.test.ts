import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeaderTable } from '../message/header-table.ts'
import { ReceivedHeaders } from '../message/received-headers.ts'
import { textToBytes } from '../message/wire.ts'
import { findHeadEnd, scanHead, skipLineBreaks } from './scanner.ts'

const none = new HeaderTable([])

function scan(text: string, maxLines = 100) {
  const scanned = scanHead(text, 0, none, maxLines)
  return { ...scanned, fields: [...new ReceivedHeaders(scanned.lines)] }
}

describe('findHeadEnd', () => {
  it('finds the first CR LF CR LF, wherever it stands', () => {
    const part = fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', 'bcd')).map((parts) => parts.join(''))
    fc.assert(
      fc.property(part, fc.nat(3), (text, from) => {
        const at = text.indexOf('\r\n\r\n', from)
        expect(findHeadEnd(textToBytes(text), from)).toBe(at < 0 ? -1 : at + 4)
      }),
      { numRuns: 2000 },
    )
  })
})

it('skipLineBreaks skips whole line breaks only', () => {
  expect(skipLineBreaks(textToBytes('\r\n\r\nA'))).toBe(4)
  expect(skipLineBreaks(textToBytes('\n\r\nA'))).toBe(0)
  expect(skipLineBreaks(textToBytes('\r'))).toBe(0)
})

describe('scanHead', () => {
  it('finds names and values without the whitespace around them', () => {
    const { fields, error, lines } = scan('A:1\r\nB \t: 2 \t\r\nc-d:\r\n\r\nbody')
    expect(fields).toEqual([
      ['A', '1'],
      ['B', '2'],
      ['c-d', ''],
    ])
    expect(error).toBeUndefined()
    expect(lines.text.slice(lines.headEnd)).toBe('body')
  })

  it('joins folded lines', () => {
    expect(scan('A:\r\n 1\r\n\t 2\r\nB: 3\r\n \r\n\r\n').fields).toEqual([
      ['A', '1 2'],
      ['B', '3'],
    ])
  })

  it.each([
    ['a line without a colon', 'A: 1\r\nB\r\nC: 3\r\n\r\n'],
    ['an empty name', 'A: 1\r\n: 2\r\nC: 3\r\n\r\n'],
    ['a name with a space', 'A: 1\r\nB B: 2\r\nC: 3\r\n\r\n'],
    ['a name that is no token', 'A: 1\r\nB(: 2\r\nC: 3\r\n\r\n'],
    ['a bare LF', 'A: 1\r\nB: 2\nC: 3\r\n\r\n'],
    ['a bare CR', 'A: 1\r\nB: 2\r2\r\nC: 3\r\n\r\n'],
    ['a bare LF in the middle', 'A: 1\r\nB: 2\n2: \r\nC: 3\r\n\r\n'],
    ['a fold with nothing to fold', 'A: 1\r\nB\r\n : 2\r\nC: 3\r\n\r\n'],
    ['CR CR LF', 'A: 1\r\nB: 2\r\r\nC: 3\r\n\r\n'],
  ])('reports %s, and goes on behind it', (_, text) => {
    const { fields, error } = scan(text)
    expect(error).toBeDefined()
    expect(fields[0]).toEqual(['A', '1'])
    expect(fields.some(([name]) => name === 'B')).toBe(false)
    expect(fields.at(-1)).toEqual(['C', '3'])
  })

  it('wants the empty line', () => {
    expect(scan('A: 1\r\n').error?.expected).toMatch(/empty line/)
    expect(scan('A: 1').error).toBeDefined()
    expect(scan('').error).toBeDefined()
    expect(scan('A: 1\r\n\r').error).toBeDefined()
  })

  it('stops at the limit', () => {
    const text = `${'A: 1\r\n'.repeat(30)}\r\n`
    expect(scan(text, 30)).toMatchObject({ tooMany: false, error: undefined, lines: { count: 30 } })
    expect(scan(text, 29)).toMatchObject({ tooMany: true, lines: { count: 29 } })
  })

  it('reads back any fields that it can be given', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]+$/)
    const value = fc.string({ unit: 'binary-ascii' }).filter((text) => !/[\r\n]/.test(text))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (fields) => {
        const text = `${fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`
        const expected = fields.map(([n, v]) => [n, v.replace(/^[ \t]+|[ \t]+$/g, '')])
        expect(scan(text, 1000).fields).toEqual(expected)
      }),
    )
  })
})
