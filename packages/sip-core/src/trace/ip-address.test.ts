import { expect, it } from 'vitest'
import type { MessageTrace } from '../transport/index.ts'
import { ipPath } from './ip-address.ts'

const trace = (
  local: string,
  remote: string,
  direction: MessageTrace['direction'] = 'out',
): MessageTrace => ({
  direction,
  protocol: 'UDP',
  local: { host: local, port: 1 },
  remote: { host: remote, port: 2 },
  bytes: new Uint8Array(),
  at: 0,
})

it('goes from the sender to the receiver', () => {
  expect(ipPath(trace('192.0.2.1', '192.0.2.2'))).toMatchObject({
    version: 4,
    sourcePort: 1,
    destinationPort: 2,
  })
  expect(ipPath(trace('192.0.2.1', '192.0.2.2')).source).toEqual(new Uint8Array([192, 0, 2, 1]))
  expect(ipPath(trace('192.0.2.1', '192.0.2.2', 'in'))).toMatchObject({ sourcePort: 2, destinationPort: 1 })
  expect(ipPath(trace('192.0.2.1', '192.0.2.2', 'in')).source).toEqual(new Uint8Array([192, 0, 2, 2]))
})

it('reads IPv6, without a zone', () => {
  const { version, source, destination } = ipPath(trace('fe80::1%eth0', '2001:db8::a:b'))
  expect(version).toBe(6)
  expect([...source]).toEqual([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  expect([...destination]).toEqual([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0x0b])
})

it('writes IPv4 as IPv6 does where the other end has IPv6', () => {
  const { version, destination } = ipPath(trace('::1', '192.0.2.2'))
  expect(version).toBe(6)
  expect([...destination]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 2])
})

it.each([
  ['page.invalid', '192.0.2.2', 4],
  ['page.invalid', '2001:db8::1', 6],
  ['page.invalid', 'other.invalid', 4],
  ['::no address::', '192.0.2.2', 4],
])('takes the unspecified address for %s beside %s', (local, remote, version) => {
  const path = ipPath(trace(local, remote))
  expect(path.version).toBe(version)
  expect([...path.source]).toEqual(new Array(version === 4 ? 4 : 16).fill(0))
  expect(path.destination).toHaveLength(version === 4 ? 4 : 16)
})
