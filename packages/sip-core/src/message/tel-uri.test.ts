import { describe, expect, it } from 'vitest'
import { ArgumentError, ParseError } from '../base/errors.ts'
import { TelUri } from './tel-uri.ts'
import { parseUri } from './uri.ts'

describe('TelUri', () => {
  it('reads global and local numbers', () => {
    expect(parseUri('tel:+1-201-555-0123')).toMatchObject({ type: 'tel', number: '+1-201-555-0123' })
    const local = parseUri('TEL:7042;phone-context=example.com') as TelUri
    expect(local.params.get('phone-context')).toBe('example.com')
    expect(local.toString()).toBe('tel:7042;phone-context=example.com')
  })

  it('has getters for what callers ask', () => {
    expect(parseUri('tel:+1-(201).555-0123;ext=12-34;isub=7')).toMatchObject({
      isGlobal: true,
      digits: '+12015550123',
      extension: '1234',
      subaddress: '7',
      context: undefined,
    })
    expect(parseUri('tel:A*#b;phone-context=+1-914')).toMatchObject({
      isGlobal: false,
      digits: 'a*#b',
      extension: undefined,
      subaddress: undefined,
      context: '+1-914',
    })
  })

  it.each([
    ['tel:+358-555-1234567', 'tel:+3585551234567'],
    ['tel:+358-555-1234567;ext=12.3', 'TEL:+358(555)1234567;Ext=1-23'],
    ['tel:863-1234;phone-context=+1-914-555', 'tel:8631234;phone-context=+1914555'],
    ['tel:7042;phone-context=Example.com', 'tel:7042;phone-context=example.COM'],
    ['tel:7042;phone-context=example.com;isub=a', 'tel:7042;ISUB=A;phone-context=example.com'],
    ['tel:1aB', 'tel:1Ab'],
  ])('%s is %s (RFC 3966 §5)', (a, b) => {
    expect(parseUri(a).equals(parseUri(b))).toBe(true)
    expect(parseUri(b).equals(parseUri(a))).toBe(true)
  })

  it.each([
    ['tel:+358-555-1234567', 'tel:358-555-1234567'],
    ['tel:7042;phone-context=example.com', 'tel:7042;phone-context=example.net'],
    ['tel:7042;phone-context=ex-ample.com', 'tel:7042;phone-context=example.com'],
    ['tel:7042;phone-context=example.com', 'tel:7042'],
    ['tel:7042;ext=1', 'tel:7042;isub=1'],
    ['tel:7042;isub=1-2', 'tel:7042;isub=12'],
  ])('%s is not %s', (a, b) => {
    expect(parseUri(a).equals(parseUri(b))).toBe(false)
    expect(parseUri(b).equals(parseUri(a))).toBe(false)
  })

  it('compares without separators', () => {
    expect(parseUri('tel:+1-201-555-0123').equals(parseUri('tel:+1(201)5550123'))).toBe(true)
    expect(parseUri('tel:+12015550123').equals(parseUri('tel:12015550123'))).toBe(false)
    expect(parseUri('tel:7042;a=1;b=2').equals(parseUri('tel:7042;B=2;A=1'))).toBe(true)
    expect(parseUri('tel:7042;a=1').equals(parseUri('tel:7042'))).toBe(false)
    expect(parseUri('tel:7042').equals(parseUri('sip:7042@h'))).toBe(false)
  })

  it('refuses what is no number', () => {
    for (const bad of ['tel:', 'tel:+', 'tel:-', 'tel:+12a', 'tel:1+2', 'tel:hello']) {
      expect(() => parseUri(bad), bad).toThrow(ParseError)
    }
    expect(() => new TelUri({ number: '+1\r\n' })).toThrow(ArgumentError)
    expect(() => new TelUri({ number: '' })).toThrow(ArgumentError)
  })
})
