import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isNumeric, unbracketed } from './host.ts'

describe('hosts', () => {
  it.each([
    ['192.0.2.1', true],
    ['0.0.0.0', true],
    ['255.255.255.255', true],
    ['2001:db8::1', true],
    ['256.0.0.1', false],
    ['1.2.3', false],
    ['1.2.3.4.5', false],
    ['1.2.3.', false],
    ['0x1.2.3.4', false],
    ['1e1.2.3.4', false],
    ['example.com', false],
    ['a.b.c.d', false],
    ['', false],
  ])('%s is numeric: %s', (host, numeric) => {
    expect(isNumeric(host)).toBe(numeric)
  })

  it('knows every IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (host) => {
        expect(isNumeric(host)).toBe(true)
      }),
    )
  })

  it('takes brackets off addresses and nothing else', () => {
    expect(unbracketed('[2001:db8::1]')).toBe('2001:db8::1')
    expect(unbracketed('example.com')).toBe('example.com')
    expect(unbracketed('[broken')).toBe('[broken')
  })
})
