import { describe, expect, it } from 'vitest'
import { ParseError } from '../base/errors.ts'
import { readStartLine } from './start-line.ts'

const read = (line: string) => readStartLine(`${line}\r\nVia: x`, line.length)

describe('request line', () => {
  it('reads method and URI', () => {
    const line = read('INVITE sip:bob@example.com SIP/2.0')
    expect(line).toMatchObject({ kind: 'request', method: 'INVITE', problem: undefined })
    expect(line.kind === 'request' && line.uri.toString()).toBe('sip:bob@example.com')
  })

  it('takes the version in any case, methods of any token and URIs of any scheme', () => {
    for (const line of [
      'INVITE sip:b@h sip/2.0',
      "!odd-'~ sip:h SIP/2.0",
      'SIP sip:h SIP/2.0',
      'A foo:bar SIP/2.0',
    ]) {
      expect(read(line), line).toMatchObject({ kind: 'request', problem: undefined })
    }
  })

  it.each([
    'INVITE  sip:b@h SIP/2.0',
    'INVITE sip:b@h  SIP/2.0',
    'INVITE sip:b@h SIP/2.0 ',
    'INVITE sip:b@h; lr SIP/2.0',
    'INVITE <sip:b@h> SIP/2.0',
    'INVITE sip:b@h?Route=x SIP/2.0',
    'INVITE sip:2001:db8::10 SIP/2.0',
    'INVITE sip:b@h',
    'INVITE ',
    'INVITE sip:b@h HTTP/1.1',
    'INVITE sip:b@h SIP/2',
    'INVITE sip:b@h SIP/2.0x',
    'INVITE sip:b@h SIP/2.0\nVia: y',
  ])('%j can be answered with 400', (text) => {
    const line = read(text)
    expect(line).toMatchObject({ kind: 'request', method: 'INVITE', problem: { status: 400 } })
  })

  it('keeps a Request-URI that it cannot read', () => {
    const line = read('INVITE <sip:b@h> SIP/2.0')
    expect(line.kind === 'request' && line.uri).toMatchObject({
      type: 'other',
      scheme: '',
      rest: '<sip:b@h>',
    })
  })

  it.each(['INVITE sip:b@h SIP/7.0', 'INVITE sip:b@h SIP/2.1', 'INVITE sip:b@h SIP/20.0'])(
    '%j can be answered with 505',
    (text) => {
      expect(read(text)).toMatchObject({ problem: { status: 505 } })
    },
  )

  it.each(['', ' ', 'INVITE', 'INVITE\tsip:b@h SIP/2.0', '<INVITE> sip:b@h SIP/2.0', '\0'])(
    '%j is none',
    (text) => {
      expect(() => read(text)).toThrow(ParseError)
    },
  )
})

describe('status line', () => {
  it.each([
    ['SIP/2.0 200 OK', 200, 'OK'],
    ['sip/2.0 180 Ringing  now ', 180, 'Ringing  now '],
    ['SIP/2.0 100 ', 100, ''],
    ['SIP/2.0 699', 699, ''],
    ['SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xb0', 200, '= 2**3 * 5**2 на'],
  ])('reads %j', (text, status, reason) => {
    expect(read(text)).toEqual({ kind: 'response', status, reason, problem: undefined })
  })

  it.each([
    'SIP/2.0',
    'SIP/2.0 ',
    'SIP/2.0  200 OK',
    'SIP/2.0 20 OK',
    'SIP/2.0 0200 OK',
    'SIP/2.0 099 OK',
    'SIP/2.0 700 OK',
    'SIP/2.0 4294967301 OK',
    'SIP/2.0 200OK',
    'SIP/3.0 200 OK',
    'SIP/2.0 200 O\nK',
    'SIP/2.0 200 O\0K',
  ])('%j is none', (text) => {
    expect(() => read(text)).toThrow(ParseError)
  })
})
