import { describe, expect, it } from 'vitest'
import { parseUri } from '../message/index.ts'
import type { Transport, TransportProtocol } from '../transport/index.ts'
import { contactUri } from './contact-uri.ts'

function transport(protocol: TransportProtocol, host = '192.0.2.1', port = 5060): Transport {
  return {
    protocol,
    reliable: protocol !== 'UDP',
    secure: protocol === 'TLS' || protocol === 'WSS',
    framing: 'message',
    local: { host, port },
    listen: async () => {},
    connect: () => {
      throw new Error('nobody connects here')
    },
    close: async () => {},
  }
}

const PEER = parseUri('sip:bob@example.com')
const SECURE_PEER = parseUri('sips:bob@example.com')

describe('contactUri', () => {
  it.each([
    ['UDP', 'sip:alice@192.0.2.1:5060'],
    ['TCP', 'sip:alice@192.0.2.1:5060;transport=tcp'],
    ['TLS', 'sips:alice@192.0.2.1:5060'],
    ['WS', 'sip:alice@192.0.2.1:5060;transport=ws'],
    ['WSS', 'sips:alice@192.0.2.1:5060;transport=ws'],
  ] as const)('over %s is %s', (protocol, uri) => {
    expect(String(contactUri(transport(protocol), 'alice', PEER))).toBe(uri)
  })

  it.each(['WS', 'WSS'] as const)('over %s that cannot be connected to is bound to the flow', (protocol) => {
    const page = transport(protocol, 'df7jal23ls0d.invalid', 0)
    expect(String(contactUri(page, 'alice', PEER))).toBe('sip:alice@df7jal23ls0d.invalid;transport=ws;ob')
  })

  it('is a sips URI toward a peer that has one (RFC 3261 §8.1.1.8)', () => {
    const page = transport('WSS', 'df7jal23ls0d.invalid', 0)
    expect(String(contactUri(page, 'alice', SECURE_PEER))).toBe(
      'sips:alice@df7jal23ls0d.invalid;transport=ws;ob',
    )
  })

  it('may have no user, an IPv6 address, and an address that was learnt', () => {
    expect(String(contactUri(transport('UDP', '2001:db8::1'), undefined, PEER))).toBe(
      'sip:[2001:db8::1]:5060',
    )
    const outer = { host: '203.0.113.5', port: 40_000 }
    expect(String(contactUri(transport('TCP'), 'alice', PEER, outer))).toBe(
      'sip:alice@203.0.113.5:40000;transport=tcp',
    )
  })
})
