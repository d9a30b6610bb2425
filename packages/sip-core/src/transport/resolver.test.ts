import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TransportError } from '../base/errors.ts'
import { parseUri, type SipUri } from '../message/index.ts'
import { isNumeric, protocolOf, Resolver, unbracketed } from './resolver.ts'

const uri = (text: string) => parseUri(text) as SipUri

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  'example.com': ['192.0.2.7', '2001:db8::7'],
  'empty.example.com': [],
}
const resolver = new Resolver({
  lookup: async (host) => HOSTS[host] ?? Promise.reject(new Error(`${host} is unknown`)),
})

describe('Resolver', () => {
  it.each([
    ['sip:a@192.0.2.1', 'UDP', '192.0.2.1', 5060],
    ['sip:a@192.0.2.1:5070', 'UDP', '192.0.2.1', 5070],
    ['sip:a@192.0.2.1;transport=TCP', 'TCP', '192.0.2.1', 5060],
    ['sip:a@192.0.2.1;transport=tls', 'TLS', '192.0.2.1', 5061],
    ['sips:a@192.0.2.1', 'TLS', '192.0.2.1', 5061],
    ['sips:a@192.0.2.1:5060;transport=tcp', 'TLS', '192.0.2.1', 5060],
    ['sips:a@192.0.2.1;transport=ws', 'WSS', '192.0.2.1', 5061],
    ['sip:a@[2001:db8::1]', 'UDP', '2001:db8::1', 5060],
    ['sip:a@example.com;maddr=192.0.2.9', 'UDP', '192.0.2.9', 5060],
    ['sip:a@example.com:5080;maddr=[2001:db8::9]', 'UDP', '2001:db8::9', 5080],
  ])('answers %s at once', (text, protocol, host, port) => {
    expect(resolver.resolve(uri(text))).toEqual([{ protocol, address: { host, port } }])
  })

  it('asks for names, and keeps the order of the answer', async () => {
    expect(await resolver.resolve(uri('sip:a@example.com;transport=tcp'))).toEqual([
      { protocol: 'TCP', address: { host: '192.0.2.7', port: 5060 } },
      { protocol: 'TCP', address: { host: '2001:db8::7', port: 5060 } },
    ])
  })

  it('says which name has no address, and why', async () => {
    await expect(resolver.resolve(uri('sip:a@empty.example.com'))).rejects.toThrow(
      new TransportError('empty.example.com has no address'),
    )
    await expect(resolver.resolve(uri('sip:a@nowhere.example.com'))).rejects.toMatchObject({
      code: 'SIP_TRANSPORT',
      message: 'the address of nowhere.example.com could not be looked up',
      cause: { message: 'nowhere.example.com is unknown' },
    })
  })

  it.each([
    'sip:a@192.0.2.1;transport=sctp',
    'sip:a@192.0.2.1;transport=constructor',
    'sip:a@192.0.2.1;transport=__proto__',
    'sips:a@192.0.2.1;transport=udp',
  ])('refuses %s', (text) => {
    expect(() => resolver.resolve(uri(text))).toThrow(TransportError)
    expect(() => protocolOf(uri(text))).toThrow(TransportError)
  })
})

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
