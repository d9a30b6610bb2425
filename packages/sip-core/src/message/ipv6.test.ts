import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv6Groups } from './ipv6.ts'

describe('IPv6 addresses', () => {
  it.each([
    ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['1::', [1, 0, 0, 0, 0, 0, 0, 0]],
    ['2001:DB8::9:1', [0x2001, 0xdb8, 0, 0, 0, 0, 9, 1]],
    ['::ffff:192.0.2.10', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x20a]],
    ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['1:2:3:4:5:6:1.2.3.4', [1, 2, 3, 4, 5, 6, 0x102, 0x304]],
  ])('%s', (address, groups) => {
    expect(ipv6Groups(address)).toEqual(groups)
  })

  it('are told from what is none', () => {
    const bits = fc.constantFrom(':', '::', '1', 'ffff', '12345', '1.2.3.4', '256.1.1.1', 'g', '.', '0')
    const text = fc.oneof(
      fc.array(bits, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.array(fc.constantFrom('1', '', 'ab'), { maxLength: 10 }).map((parts) => parts.join(':')),
      fc.ipV6(),
    )
    fc.assert(
      fc.property(text, (address) => {
        expect(ipv6Groups(address) !== undefined).toBe(isIPv6(address))
      }),
      { numRuns: 3000 },
    )
  })
})
