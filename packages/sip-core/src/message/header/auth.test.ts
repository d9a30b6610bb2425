import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../base/errors.ts'
import { Headers } from '../headers.ts'
import { Authorization, AuthParams, AuthValue, WWWAuthenticate } from './index.ts'

const read = (...lines: string[]): string[] => {
  const headers = new Headers()
  for (const line of lines) headers.add('WWW-Authenticate', line)
  return headers.getAll(WWWAuthenticate).map(String)
}

describe('challenges', () => {
  it('may stand on lines of their own or share one', () => {
    expect(
      read('Digest realm="a", qop="auth"', 'Basic realm="b", NTLM, Negotiate a87=, Digest realm="c"'),
    ).toEqual([
      'Digest realm="a", qop="auth"',
      'Basic realm="b"',
      'NTLM',
      'Negotiate a87=',
      'Digest realm="c"',
    ])
  })

  it('are written on lines of their own', () => {
    const headers = new Headers().setAll(WWWAuthenticate, [AuthValue.parse('A x=y'), AuthValue.parse('B')])
    expect(headers.toWire()).toBe('WWW-Authenticate: A x=y\r\nWWW-Authenticate: B\r\n')
  })

  it('are read as peers write them', () => {
    expect(read('Digest realm = "a" ,\tnonce=  b==,')).toEqual(['Digest realm="a", nonce=b=='])
    expect(read('Digest realm="a",, opaque=, nonce="b",, Basic realm=x')).toEqual([
      'Digest realm="a", opaque=, nonce="b"',
      'Basic realm=x',
    ])
    expect(AuthValue.parse('Digest uri=sip:a@b;x?y=z, a=b').params.get('uri')).toBe('sip:a@b;x?y=z')
    expect(AuthValue.parse('Digest opaque=').token).toBe('opaque=')
  })

  it('have parameters with text, whatever the case of their names', () => {
    const { params, ...value } = AuthValue.parse('digest ReAlM="ü \\"x\\\\", realm=second')
    expect(value.scheme).toBe('digest')
    expect(params.get('Realm')).toBe('ü "x\\')
    expect(params.has('nonce')).toBe(false)
    expect([...params.without('REALM').with(AuthParams.of({ a: 'b' }))]).toEqual([['a', 'b']])
    expect(AuthValue.parse('digest').is('DIGEST')).toBe(true)
  })
})

describe('what is built', () => {
  it('has quotes where it was said', () => {
    const params = AuthParams.of({ realm: 'a "b" \\', domain: undefined }, { qop: 'auth' })
    const value = new AuthValue({ scheme: 'Digest', params })
    expect(value.toString()).toBe('Digest realm="a \\"b\\" \\\\", qop=auth')
    expect(params.with(AuthParams.of({ REALM: 'c' })).toString()).toBe('qop=auth, REALM="c"')
    expect(new Headers().set(Authorization, value).get(Authorization)).toBe(value)
  })

  it.each([
    () => AuthParams.of({ 'a b': 'x' }),
    () => AuthParams.of({ a: 'x\ny' }),
    () => AuthParams.of({ a: 'x\0' }),
    () => AuthParams.of({}, { qop: 'auth,auth-int' }),
    () => AuthParams.of({}, { qop: '' }),
    () => new AuthValue({ scheme: 'a b' }),
    () => new AuthValue({ scheme: 'a', token: 'b c' }),
    () => new AuthValue({ scheme: 'a', token: '', params: AuthParams.of({ b: 'c' }) }),
  ])('is checked: %s', (build) => {
    expect(build).toThrow(ArgumentError)
  })
})
