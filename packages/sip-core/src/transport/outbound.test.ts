import { describe, expect, it, vi } from 'vitest'
import { parseUri, textToBytes } from '../message/index.ts'
import { LoopNetwork, SeededRandom, VirtualClock } from '../testing/index.ts'
import { Diagnostics } from './diagnostics.ts'
import type { Transport } from './transport.ts'
import { type MessageEvent, TransportManager } from './transport-manager.ts'

const SERVER = { host: 'example.com', port: 443 }

function setUp({
  protocol = 'WSS' as 'WS' | 'WSS',
  others = (_network: LoopNetwork): Transport[] => [],
} = {}) {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const connect = vi.fn<Transport['connect']>((remote) => ({
    transport: page,
    local: page.local,
    remote,
    send: () => {},
    close: () => {},
  }))
  const page: Transport = {
    protocol,
    reliable: true,
    secure: protocol === 'WSS',
    framing: 'message',
    outbound: SERVER,
    local: { host: 'df7jal23ls0d.invalid', port: 0 },
    listen: async () => {},
    connect,
    close: async () => {},
  }
  const events: MessageEvent[] = []
  const manager = new TransportManager([...others(network), page], {
    clock,
    random: network.random,
    diagnostics: new Diagnostics(),
    receiver: { onMessage: (event) => events.push(event) },
    headers: () => [],
    inUse: () => false,
  })
  return { manager, page, connect, events }
}

describe('an outbound transport', () => {
  it.each([
    'sip:bob@example.org',
    'sip:bob@192.0.2.9;transport=tcp',
    'sip:bob@df7jal23ls0d.invalid;transport=ws',
    'sip:bob@example.org;transport=carrier-pigeon',
    'sips:bob@example.org',
    'tel:+15551234',
  ])('leads to %s', (uri) => {
    const { manager, page, connect } = setUp()
    expect(manager.outbound(parseUri(uri))?.remote).toEqual(SERVER)
    expect(connect).toHaveBeenCalledExactlyOnceWith(SERVER)
    expect(manager.toward(parseUri(uri))).toBe(page)
  })

  it('that is not secure is nothing for sips', () => {
    const { manager } = setUp({ protocol: 'WS' })
    expect(manager.outbound(parseUri('sip:bob@example.org'))).toBeDefined()
    expect(manager.outbound(parseUri('sips:bob@example.org'))).toBeUndefined()
  })

  it('leaves to others what they can reach themselves', () => {
    const { manager, page } = setUp({ others: (network) => [network.udp('192.0.2.1')] })
    expect(manager.outbound(parseUri('sip:bob@example.org'))).toBeUndefined()
    expect(manager.outbound(parseUri('sip:bob@example.org;transport=tcp'))?.remote).toEqual(SERVER)
    expect(manager.toward(parseUri('sip:bob@example.org;transport=tcp'))).toBe(page)
  })

  it('is none where there is none', () => {
    const clock = new VirtualClock()
    const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
    const manager = new TransportManager([network.udp('192.0.2.1')], {
      clock,
      random: network.random,
      diagnostics: new Diagnostics(),
      receiver: { onMessage: () => {} },
      headers: () => [],
      inUse: () => false,
    })
    expect(manager.outbound(parseUri('sip:bob@example.org;transport=tcp'))).toBeUndefined()
  })

  it('knows the responses to its requests by the name made up, without a port', () => {
    const { manager, page, events } = setUp()
    const arrive = (sentBy: string) =>
      manager.onTransport({
        type: 'data',
        flow: page.connect(SERVER),
        bytes: textToBytes(
          [
            'SIP/2.0 200 OK',
            `Via: SIP/2.0/WSS ${sentBy};branch=z9hG4bK1`,
            'From: <sip:alice@example.com>;tag=1',
            'To: <sip:bob@example.com>;tag=2',
            'Call-ID: 1',
            'CSeq: 1 OPTIONS',
            '',
            '',
          ].join('\r\n'),
        ),
      })
    arrive('df7jal23ls0d.invalid')
    arrive('DF7JAL23LS0D.invalid')
    expect(events).toHaveLength(2)
    arrive('another.invalid')
    arrive('df7jal23ls0d.invalid:5070')
    expect(events).toHaveLength(2)
  })
})
