import { describe, expect, it } from 'vitest'
import { CallId, ContentType, From, tokenListHeader, Via } from './header/index.ts'
import { HeaderTable } from './header-table.ts'

const headers = [Via, From, CallId, ContentType]
const table = new HeaderTable(headers)

function headerAt(text: string, start = 0) {
  const header = table.headers[table.numberAt(text, start)]
  return { header, end: table.end }
}

describe('HeaderTable', () => {
  it.each([
    ['Via: x', Via, 3],
    ['VIA : x', Via, 3],
    ['v:x', Via, 1],
    ['call-ID:', CallId, 7],
    ['Content-Type:', ContentType, 12],
    ['c:', ContentType, 1],
    ['From', From, 4],
  ])('knows %j', (text, header, end) => {
    expect(headerAt(text)).toEqual({ header, end })
    expect(headerAt(`\r\n${text}`, 2)).toEqual({ header, end: end + 2 })
  })

  it.each([
    ['Vi:', 2],
    ['Vias:', 4],
    ['Content\x0dType:', 7],
    ['C%6Fntact:', 9],
    ['ContentMType:', 12],
    ['call.id:', 7],
    ['', 0],
    [':', 0],
    ['Aïa:', 1],
  ])('does not know %j, but where its name ends', (text, end) => {
    expect(headerAt(text)).toEqual({ header: undefined, end })
  })

  it('gives each header its number', () => {
    for (const header of headers) expect(table.headers[table.numberOf(header)]).toBe(header)
    expect(table.numberOf(tokenListHeader('Via'))).toBe(0)
  })

  it('takes the later of two headers of one name', () => {
    const other = tokenListHeader('Via')
    const both = new HeaderTable([Via, other])
    expect(both.headers[both.numberAt('v', 0)]).toBe(other)
  })
})
