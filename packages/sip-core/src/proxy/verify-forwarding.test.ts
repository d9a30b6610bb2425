import { expect, it } from 'vitest'
import { incoming } from './proxy.fixture.ts'
import { verifyForwarding } from './verify-forwarding.ts'

const rules = { own: [{ host: '192.0.2.9', port: 5060 }], extensions: new Set(['privacy']) }
const verify = (start: string, ...lines: string[]) => verifyForwarding(incoming(start, lines).message, rules)

it('lets through what may be forwarded', () => {
  expect(verify('INVITE sip:bob@example.com')).toBeUndefined()
  expect(verify('FOO tel:+49123')).toBeUndefined()
})

it('refuses what cannot be (RFC 3261 §16.3)', () => {
  expect(verify('INVITE http://example.com')).toEqual({ status: 416 })
  expect(verify('INVITE sip:bob@example.com', 'Max-Forwards: 0')).toEqual({ status: 483 })
  expect(verify('INVITE sip:bob@example.com', 'Proxy-Require: privacy, foo', 'Proxy-Require: bar')).toEqual({
    status: 420,
    headers: { Unsupported: 'foo, bar' },
  })
})

it('leaves Require to the other end, and asks nothing of ACK and CANCEL (RFC 3261 §8.2.2.3)', () => {
  expect(verify('INVITE sip:bob@example.com', 'Require: foo')).toBeUndefined()
  expect(verify('ACK sip:bob@example.com', 'Proxy-Require: foo')).toBeUndefined()
  expect(verify('CANCEL sip:bob@example.com', 'Proxy-Require: foo')).toBeUndefined()
})
