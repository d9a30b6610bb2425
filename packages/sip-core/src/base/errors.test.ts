import { describe, expect, it } from 'vitest'
import { ArgumentError, ParseError, SipError, StateError, TimeoutError, TransportError } from './errors.ts'

describe('errors', () => {
  const cause = new Error('below')

  it.each([
    [
      new ParseError({ expected: 'a token', found: '"@"', offset: 3, within: 'Via' }),
      'ParseError',
      'SIP_PARSE',
    ],
    [new TimeoutError('B', 'no answer'), 'TimeoutError', 'SIP_TIMEOUT'],
    [new TransportError('unreachable', { cause }), 'TransportError', 'SIP_TRANSPORT'],
    [new StateError('too late'), 'StateError', 'SIP_STATE'],
    [new ArgumentError('a line break', { cause }), 'ArgumentError', 'SIP_ARGUMENT'],
    [new SipError('SIP_CLOSED', 'closed'), 'SipError', 'SIP_CLOSED'],
  ])('%s', (error, name, code) => {
    expect(error).toBeInstanceOf(SipError)
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe(name)
    expect(error.code).toBe(code)
    expect(String(error)).toBe(`${name}: ${error.message}`)
  })

  it('keep what lies below them', () => {
    expect(new TransportError('unreachable', { cause }).cause).toBe(cause)
    expect(new ArgumentError('bad', { cause }).cause).toBe(cause)
  })

  it('say what was expected, what came, and where', () => {
    const error = new ParseError({ expected: "'>'", found: 'end of input', offset: 12, within: 'Contact' })
    expect(error.message).toBe("Contact: expected '>' at offset 12, found end of input")
    expect(error).toMatchObject({ expected: "'>'", found: 'end of input', offset: 12, within: 'Contact' })
    expect(new TimeoutError('F', 'no answer').timer).toBe('F')
  })
})
