import { describe, expect, it } from 'vitest'
import { bracketed, formatAddress } from './transport.ts'

describe('addresses as text', () => {
  it('have the brackets that IPv6 needs, once', () => {
    expect(formatAddress({ host: '192.0.2.1', port: 5060 })).toBe('192.0.2.1:5060')
    expect(formatAddress({ host: '2001:db8::1', port: 5060 })).toBe('[2001:db8::1]:5060')
    expect(bracketed('[2001:db8::1]')).toBe('[2001:db8::1]')
    expect(bracketed('example.com')).toBe('example.com')
  })
})
