import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { TransportError } from '../base/errors.ts'
import { parseUri, textToBytes } from '../message/index.ts'
import { LoopNetwork, SeededRandom, VirtualClock } from '../testing/index.ts'
import { Diagnostics, type Dropped, type MessageTrace } from './diagnostics.ts'
import type { ReceivedRequest } from './received.ts'
import type { Transport } from './transport.ts'
import { type MessageEvent, TransportManager } from './transport-manager.ts'

const ALICE = { host: '192.0.2.1', port: 5060 }
const BOB = { host: '192.0.2.2', port: 5060 }

function setUp(pick: (network: LoopNetwork) => readonly Transport[] = (network) => [network.udp(BOB.host)]) {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const diagnostics = new Diagnostics()
  const events: MessageEvent[] = []
  const receiver = { onMessage: (event: MessageEvent) => events.push(event) }
  const manager = new TransportManager(pick(network), {
    clock,
    random: new SeededRandom(2),
    diagnostics,
    receiver,
    headers: () => [],
    inUse: () => false,
  })
  /** Has Alice's transport send bytes to Bob. */
  const arrive = (bytes: string | Uint8Array, via = network.udp(ALICE.host)) => {
    const sender = via.connect(BOB)
    const data = typeof bytes === 'string' ? textToBytes(bytes) : bytes
    manager.onTransport({
      type: 'data',
      flow: sender.transport === via ? flowFrom(via) : sender,
      bytes: data,
    })
  }
  // As Bob's transport sees her.
  const flowFrom = (via: Transport) => (manager.transports[0] as Transport).connect(via.local)
  return { clock, network, diagnostics, events, manager, arrive }
}

function request(method: string, via: string, more: readonly string[] = []): string {
  return [
    `${method} sip:bob@192.0.2.2 SIP/2.0`,
    `Via: ${via}`,
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    'Call-ID: 1',
    `CSeq: 1 ${method}`,
    ...more,
    '',
    '',
  ].join('\r\n')
}

function response(via: string): string {
  return request('OPTIONS', via).replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n')
}

const VIA = 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1'

describe('TransportManager: what arrives', () => {
  it('hands requests up with the flow that brought them', () => {
    const { events, arrive } = setUp()
    arrive(request('OPTIONS', VIA))
    expect(events).toMatchObject([
      { type: 'request', message: { method: 'OPTIONS' }, flow: { remote: ALICE, local: BOB } },
    ])
  })

  it('hands up only responses whose topmost Via is ours', () => {
    const { events, arrive } = setUp()
    arrive(response('SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1'))
    arrive(response('SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1'))
    expect(events.map(({ type }) => type)).toEqual(['response', 'response'])
    arrive(response('SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bK1'))
    arrive(response('SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1'))
    expect(events).toHaveLength(2)
  })

  it('knows its own Via as IPv6 too', () => {
    const { events, arrive } = setUp((network) => [network.udp('2001:db8::2')])
    arrive(response('SIP/2.0/UDP [2001:DB8::2]:5060;branch=z9hG4bK1'))
    expect(events).toHaveLength(1)
  })

  it('hands up requests that can be answered though not be taken', () => {
    const { events, arrive } = setUp()
    arrive(request('OPTIONS', VIA, ['Max-Forwards: many']))
    expect(events).toMatchObject([{ type: 'bad-request', status: 400, error: { within: 'Max-Forwards' } }])
  })

  it('drops garbage and keep-alives', () => {
    const { events, diagnostics, arrive } = setUp()
    const traced = vi.fn()
    diagnostics.on('message', traced)
    for (const keepAlive of ['', '\r\n', '\r\n\r\n', '\0', '\0\0\0\0']) arrive(keepAlive)
    expect(traced).not.toHaveBeenCalled()
    arrive('hello')
    expect(traced).toHaveBeenCalledOnce()
    expect(events).toEqual([])
  })

  it('shows what it drops, and why', () => {
    const { diagnostics, arrive } = setUp()
    const dropped: Dropped[] = []
    diagnostics.on('dropped', (record) => dropped.push(record))
    arrive('hello')
    arrive(request('OPTIONS', VIA).replace(/^.*/, 'SIP/2.0 200 OK'))
    expect(dropped).toMatchObject([
      { reason: 'garbage', bytes: textToBytes('hello'), flow: { remote: ALICE } },
      { reason: 'stray-response', response: { status: 200 }, flow: { remote: ALICE } },
    ])
  })

  it('never throws, whatever arrives', () => {
    const { arrive } = setUp()
    const valid = textToBytes(request('INVITE', VIA, ['Contact: <sip:alice@192.0.2.1>', 'Content-Length: 0']))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => arrive(bytes)))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 5 }), (changes) => {
        const bytes = valid.slice()
        for (const [at, byte] of changes) bytes[at] = byte
        arrive(bytes)
      }),
    )
  })

  it('tells when a flow is gone', () => {
    const { events, manager } = setUp((network) => [network.tcp(BOB.host)])
    const flow = (manager.transports[0] as Transport).connect(ALICE)
    manager.onTransport({ type: 'open', flow })
    const error = new TransportError('reset')
    manager.onTransport({ type: 'closed', flow, error })
    manager.onTransport({ type: 'closed', flow })
    expect(events).toMatchObject([{ type: 'flow-closed', flow: { remote: ALICE }, error }])
  })
})

describe('TransportManager: which transport', () => {
  const all = (network: LoopNetwork) => [
    network.udp('192.0.2.2'),
    network.udp('2001:db8::2'),
    network.tcp('192.0.2.2'),
  ]

  it('takes the one of the protocol and the address family', () => {
    const { manager } = setUp(all)
    const [udp4, udp6, tcp] = manager.transports
    expect(manager.flow({ protocol: 'UDP', address: ALICE, domain: 'example.com' }).transport).toBe(udp4)
    expect(
      manager.flow({ protocol: 'UDP', address: { host: '2001:db8::1', port: 5060 }, domain: 'example.com' })
        .transport,
    ).toBe(udp6)
    expect(manager.flow({ protocol: 'TCP', address: ALICE, domain: 'example.com' }).transport).toBe(tcp)
    expect(
      manager.flow({ protocol: 'TCP', address: { host: '2001:db8::1', port: 5060 }, domain: 'example.com' })
        .transport,
    ).toBe(tcp)
  })

  it('says what it has where nothing fits', () => {
    expect(() => setUp(all).manager.flow({ protocol: 'WS', address: ALICE, domain: 'example.com' })).toThrow(
      new TransportError(
        'no transport for WS to 192.0.2.1:5060 (have: UDP on 192.0.2.2:5060, UDP on [2001:db8::2]:5060, TCP on 192.0.2.2:5060)',
      ),
    )
    expect(() =>
      setUp(() => []).manager.flow({ protocol: 'UDP', address: ALICE, domain: 'example.com' }),
    ).toThrow('(have: none)')
  })

  it.each([
    ['sip:alice@192.0.2.1', 0],
    ['sip:alice@[2001:db8::1]', 1],
    ['sip:alice@192.0.2.1;transport=tcp', 2],
    ['sip:alice@[2001:db8::1];transport=tcp', 2],
    ['sips:alice@192.0.2.1', 0],
    ['sip:alice@192.0.2.1;transport=none-such', 0],
    ['sips:alice@192.0.2.1;transport=udp', 0],
    ['tel:+1-201-555-0123', 0],
  ])('toward %s', (uri, index) => {
    const { manager } = setUp(all)
    expect(manager.toward(parseUri(uri))).toBe(manager.transports[index])
  })

  it('leads nowhere without transports', () => {
    expect(() => setUp(() => []).manager.toward(parseUri('sip:a@b'))).toThrow(TransportError)
  })
})

describe('TransportManager: where responses go', () => {
  function answered(via: string, transport?: (network: LoopNetwork) => Transport) {
    const { manager, events, arrive } = setUp((network) => [(transport ?? ((n) => n.udp(BOB.host)))(network)])
    arrive(request('OPTIONS', via))
    const received = events[0] as ReceivedRequest
    return { flow: manager.responseFlow(received), received }
  }

  it('back over the same flow where that is right', () => {
    const { flow, received } = answered(VIA)
    expect(flow).toBe(received.flow)
  })

  it('to the port of the Via', () => {
    expect(answered('SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1').flow.remote).toEqual({
      ...ALICE,
      port: 5070,
    })
  })

  it('not to a maddr that is a name', () => {
    const { flow, received } = answered('SIP/2.0/UDP 10.0.0.1:5070;maddr=example.com;branch=z9hG4bK1')
    expect(flow).toBe(received.flow)
  })

  it('over the connection that the request came on, whatever the Via says', () => {
    const { flow, received } = answered('SIP/2.0/TCP 10.0.0.1:5070;branch=z9hG4bK1', (n) => n.tcp(BOB.host))
    expect(flow).toBe(received.flow)
  })
})

describe('TransportManager: opening and closing', () => {
  it('opens all or none', async () => {
    const { manager, network } = setUp((network) => [network.udp('192.0.2.2'), network.udp('192.0.2.3')])
    const taken = network.udp('192.0.2.3')
    await taken.listen({ onTransport: () => {} })
    await expect(manager.listen()).rejects.toThrow('UDP 192.0.2.3:5060 is taken')
    const free = network.udp('192.0.2.2')
    await expect(free.listen({ onTransport: () => {} })).resolves.toBeUndefined()
    await free.close()
    await taken.close()
    await manager.listen()
    await manager.close()
    await taken.listen({ onTransport: () => {} })
  })
})

describe('TransportManager: what can be watched', () => {
  it('shows what goes out and comes in, with its time', async () => {
    const { manager, clock, diagnostics, arrive } = setUp()
    const traces: MessageTrace[] = []
    diagnostics.on('message', (trace) => traces.push(trace))
    await manager.listen()
    clock.advance(7)
    arrive(request('OPTIONS', VIA))
    const bytes = textToBytes('out')
    manager.flow({ protocol: 'UDP', address: ALICE, domain: 'example.com' }).send(bytes, () => {})
    expect(traces).toMatchObject([
      { direction: 'in', protocol: 'UDP', local: BOB, remote: ALICE, at: 7 },
      { direction: 'out', protocol: 'UDP', local: BOB, remote: ALICE, at: 7, bytes },
    ])
  })
})
