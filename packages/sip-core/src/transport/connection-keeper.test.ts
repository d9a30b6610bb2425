import { describe, expect, it, vi } from 'vitest'
import { TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import { SeededRandom, VirtualClock } from '../testing/index.ts'
import type { Channel, ConnectionFlow } from './connection-flow.ts'
import type { ConnectionPolicy } from './connection-policy.ts'
import { Connections } from './connections.ts'
import { Diagnostics } from './diagnostics.ts'
import type { Address, Flow, Transport } from './transport.ts'
import { type MessageEvent, TransportManager } from './transport-manager.ts'

const HERE = { host: '192.0.2.1', port: 5060 }
const PEER = { host: '192.0.2.2', port: 5060 }

/** The channel of one connection: what was done to it, and the way to play the network. */
class Wire implements Channel {
  readonly buffered = 0
  readonly log: string[] = []
  readonly flow: ConnectionFlow

  constructor(flow: ConnectionFlow) {
    this.flow = flow
  }

  write(bytes: Uint8Array): void {
    this.log.push(bytesToText(bytes))
  }

  end(): void {
    this.log.push('(end)')
  }

  destroy(): void {
    this.log.push('(destroy)')
  }

  /** Bytes come from the peer. */
  come(text: string): void {
    this.flow.received(textToBytes(text))
  }
}

function setUp(policy: ConnectionPolicy = {}, framing: 'stream' | 'message' = 'stream') {
  const clock = new VirtualClock()
  const diagnostics = new Diagnostics()
  const events: MessageEvent[] = []
  const inUse = new Set<Flow>()
  const wires: Wire[] = []
  const transport: Transport = {
    protocol: 'TCP',
    reliable: true,
    secure: false,
    framing,
    policy,
    local: HERE,
    listen: async () => {},
    connect: (remote) => connections.find(remote) ?? connections.add(remote, wired),
    close: async () => {},
  }
  const manager = new TransportManager([transport], {
    clock,
    random: new SeededRandom(1),
    diagnostics,
    receiver: {
      onMessage: (event) => {
        events.push(event)
        onEvent.heard?.(event)
      },
    },
    headers: () => [],
    inUse: (flow) => inUse.has(flow),
  })
  const onEvent: { heard?: (event: MessageEvent) => void } = {}
  const connections = new Connections(transport, manager)
  const wired = (flow: ConnectionFlow) => {
    const wire = new Wire(flow)
    wires.push(wire)
    return wire
  }
  let port = 40_000
  /** A peer connects. */
  const accept = (aliased = false) => {
    const remote = { ...PEER, port: ++port }
    connections.add(remote, wired, undefined, aliased ? () => true : undefined).opened()
    return wires.at(-1) as Wire
  }
  const flowTo = (address: Address = PEER) => manager.flow({ protocol: 'TCP', address, domain: address.host })
  /** This end connects, and the peer accepts. */
  const dial = (address?: Address) => {
    const flow = flowTo(address)
    const wire = wires.at(-1) as Wire
    wire.flow.opened()
    return { flow, wire }
  }
  const types = () => events.splice(0).map(({ type }) => type)
  return { clock, diagnostics, events, inUse, manager, accept, dial, flowTo, types, onEvent, wires }
}

/** Lets time pass until the `count`th ping is sent; says how much. */
function untilPing(clock: VirtualClock, wire: Wire, count: number): number {
  const pings = () => wire.log.filter((text) => text === '\r\n\r\n').length
  const start = clock.now()
  while (pings() < count) {
    if (clock.now() - start > 200_000) throw new Error('no ping')
    clock.advance(1)
  }
  return clock.now() - start
}

function message(start: string, more: readonly string[] = ['Content-Length: 0'], via = 'host'): string {
  const lines = [
    start,
    `Via: SIP/2.0/TCP ${via};branch=z9hG4bK1`,
    'From: <sip:a@b>;tag=1',
    'To: <sip:a@b>',
    'Call-ID: 1',
    'CSeq: 1 OPTIONS',
  ]
  return [...lines, ...more, '', ''].join('\r\n')
}

const OPTIONS = message('OPTIONS sip:a@b SIP/2.0')
const OK = message('SIP/2.0 200 OK', undefined, '192.0.2.1')

describe('a connection', () => {
  it('is the same flow from its first message to its last, whoever has opened it', () => {
    const { accept, dial, flowTo, events } = setUp()
    const theirs = accept()
    theirs.come(OPTIONS + OPTIONS.slice(0, 20))
    theirs.come(OPTIONS.slice(20))
    theirs.flow.ended()
    const flows = events.map((event) => 'flow' in event && event.flow)
    expect(events.map(({ type }) => type)).toEqual(['request', 'request', 'flow-closed'])
    expect(new Set(flows).size).toBe(1)

    events.length = 0
    const { flow, wire } = dial()
    expect(flowTo()).toBe(flow)
    wire.come(OK)
    expect(events).toMatchObject([{ type: 'response', flow }])
    expect((events[0] as MessageEvent & { type: 'response' }).flow).toBe(flow)
  })

  it('is gone once, with its reason, and a new one takes its place', () => {
    const { dial, flowTo, events } = setUp()
    const { flow, wire } = dial()
    const reason = new TransportError('enough')
    flow.close(reason)
    flow.close()
    wire.flow.ended(new Error('reset'))
    expect(events).toEqual([{ type: 'flow-closed', flow, error: reason }])
    expect(flowTo()).not.toBe(flow)
  })

  it('says why it is lost', () => {
    const { accept, events } = setUp()
    const wire = accept()
    wire.come(OPTIONS)
    wire.flow.ended(new Error('ECONNRESET'))
    expect(events.at(-1)).toMatchObject({
      type: 'flow-closed',
      error: { message: expect.stringMatching(/^TCP 192\.0\.2\.2:40001: lost: ECONNRESET$/) },
    })
  })

  it('delivers nothing more once somebody has closed it', () => {
    const { accept, types, onEvent } = setUp()
    onEvent.heard = (event) => {
      if (event.type === 'request') event.flow.close()
    }
    const wire = accept()
    wire.come(`${OPTIONS}\r\n\r\n${OPTIONS}`)
    expect(types()).toEqual(['request', 'flow-closed'])
    expect(wire.log).toEqual(['(end)'])
  })

  it('sets no timers where its transport wants none, and leaves none behind', () => {
    const { accept, dial, flowTo, clock, wires } = setUp()
    accept().come('OPTIONS')
    dial()
    flowTo({ ...PEER, port: 5070 })
    expect(clock.pending).toBe(0)
    const all = setUp({ connectTimeout: 1, messageTimeout: 2, idleTimeout: 3, keepAlive: 4 })
    const peer = all.accept()
    peer.come('OPTIONS')
    const { wire } = all.dial()
    all.flowTo({ ...PEER, port: 5070 })
    expect(all.clock.pending).toBeGreaterThanOrEqual(5)
    for (const { flow } of [peer, wire, ...all.wires, ...wires]) flow.ended()
    expect(all.clock.pending).toBe(0)
  })
})

describe('keep-alives (RFC 5626 §4.4.1)', () => {
  it.each(['stream', 'message'] as const)('of a peer are answered and shown to nobody: %s', (framing) => {
    const { accept, diagnostics, types } = setUp({}, framing)
    const traced = vi.fn()
    diagnostics.on('message', traced)
    const wire = accept()
    wire.come('\r\n\r\n')
    expect(wire.log).toEqual(['\r\n'])
    wire.come('\r\n')
    expect(wire.log).toEqual(['\r\n'])
    expect(types()).toEqual([])
    expect(traced).not.toHaveBeenCalled()
  })

  it('that come many at once are answered once', () => {
    const { accept } = setUp()
    const wire = accept()
    wire.come('\r\n\r\n'.repeat(1000))
    expect(wire.log).toEqual(['\r\n'])
  })

  it('are sent at times of their own on connections that we have opened', () => {
    const { accept, dial, clock } = setUp({ keepAlive: 1000 })
    const theirs = accept()
    const times = Array.from({ length: 20 }, (_, i) => {
      const { wire } = dial({ ...PEER, port: 6000 + i })
      const wait = untilPing(clock, wire, 1)
      wire.flow.close()
      return wait
    })
    expect(Math.min(...times)).toBeGreaterThanOrEqual(800)
    expect(Math.max(...times)).toBeLessThanOrEqual(1000)
    expect(new Set(times).size).toBeGreaterThan(10)
    expect(theirs.log).toEqual([])
  })

  it('go on as long as they are answered', () => {
    const { dial, clock, types } = setUp({ keepAlive: 60_000 })
    const { wire } = dial()
    for (let i = 1; i <= 10; i++) {
      const wait = untilPing(clock, wire, i)
      expect(wait).toBeGreaterThan(30_000)
      clock.advance(9999)
      wire.come('\r\n')
    }
    clock.advance(9999)
    expect(types()).toEqual([])
    expect(new Set(wire.log)).toEqual(new Set(['\r\n\r\n']))
  })

  it('are answered by those who send some themselves, too', () => {
    const { dial, clock, types } = setUp({ keepAlive: 60_000 })
    const { wire } = dial()
    for (let i = 1; i <= 4; i++) {
      untilPing(clock, wire, i)
      wire.come('\r\n')
      wire.log.length = 0
      wire.come('\r\n\r\n')
      expect(wire.log).toEqual(['\r\n'])
      wire.log.push(...Array(i).fill('\r\n\r\n'))
    }
    expect(types()).toEqual([])
  })

  it('end the connection that does not answer within 10 seconds', () => {
    const { dial, clock, events } = setUp({ keepAlive: 60_000 })
    const { flow, wire } = dial()
    untilPing(clock, wire, 1)
    wire.come(OK)
    clock.advance(9999)
    expect(events.map(({ type }) => type)).toEqual(['response'])
    clock.advance(1)
    expect(events.at(-1)).toMatchObject({
      type: 'flow-closed',
      flow,
      error: { message: 'TCP 192.0.2.2:5060: no answer to a keep-alive within 10000 ms' },
    })
  })

  it('find a dead peer even if they come more often than answers may take', () => {
    const { dial, clock, types } = setUp({ keepAlive: 1000, pongTimeout: 5000 })
    dial()
    clock.advance(6000)
    expect(types()).toEqual(['flow-closed'])
  })

  it('can be had for single connections', () => {
    const { accept, manager, events, clock } = setUp()
    const wire = accept()
    wire.come(OPTIONS)
    const { flow } = events[0] as MessageEvent & { type: 'request' }
    manager.keepAlive(flow, 1000)
    clock.advance(1000)
    expect(wire.log).toEqual(['\r\n\r\n'])
    wire.come('\r\n')
    manager.keepAlive(flow, 0)
    clock.advance(100_000)
    expect(wire.log).toEqual(['\r\n\r\n'])
    expect(events).toHaveLength(1)
  })

  it('keep a connection from being idle, whoever sends them', () => {
    const { accept, clock, types } = setUp({ idleTimeout: 100 })
    const wire = accept()
    for (let i = 0; i < 10; i++) {
      clock.advance(90)
      wire.come('\r\n\r\n')
    }
    expect(types()).toEqual([])
  })
})

describe('what is no message', () => {
  it.each([
    ['without a Content-Length', [], 400],
    ['with a Content-Length that is none', ['Content-Length: x'], 400],
    ['with two', ['Content-Length: 1', 'l: 2'], 400],
    ['with too large a body', ['Content-Length: 101'], 513],
    ['with too large a head', [`X: ${'x'.repeat(500)}`, 'Content-Length: 0'], 513],
  ])('%s: a request is refused, then the connection is closed', (_what, lines, status) => {
    const { accept, events, onEvent } = setUp({ limits: { maxHead: 500, maxBody: 100 } })
    onEvent.heard = (event) => {
      if (event.type === 'bad-request') event.received.flow.send(textToBytes(String(event.status)), () => {})
    }
    const wire = accept()
    wire.come(message('OPTIONS sip:a@b SIP/2.0', lines) + OPTIONS)
    wire.come(OPTIONS)
    expect(events).toMatchObject([
      { type: 'bad-request', status, received: { message: { method: 'OPTIONS', callId: '1' } } },
      { type: 'flow-closed', error: { code: 'SIP_TRANSPORT', cause: { code: 'SIP_PARSE' } } },
    ])
    expect(wire.log).toEqual([String(status), '(end)'])
  })

  it('is a response without Content-Length: nobody is told but that the connection is closed', () => {
    const { dial, types } = setUp()
    const { wire } = dial()
    wire.come(message('SIP/2.0 200 OK', []))
    expect(types()).toEqual(['flow-closed'])
  })

  it.each(['\u0016\u0003\u0001', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', '\n', 'x'.repeat(501)])(
    'is %j',
    (garbage) => {
      const { accept, types } = setUp({ limits: { maxHead: 500, maxBody: 100 } })
      const wire = accept()
      wire.come(garbage)
      expect(types()).toEqual(['flow-closed'])
      expect(wire.log).toEqual(['(end)'])
    },
  )

  it('is shown to whoever watches', () => {
    const { accept, diagnostics } = setUp()
    const traced: string[] = []
    diagnostics.on('message', ({ bytes }) => traced.push(bytesToText(bytes)))
    const refused = message('OPTIONS sip:a@b SIP/2.0', [])
    accept().come(refused)
    expect(traced).toEqual([refused])
  })
})

describe('a peer that takes its time', () => {
  it('to accept is given up', () => {
    const { flowTo, clock, events } = setUp({ connectTimeout: 5000 })
    const flow = flowTo()
    const failed = vi.fn()
    flow.send(textToBytes('x'), failed)
    clock.advance(4999)
    expect(events).toEqual([])
    clock.advance(1)
    const error = expect.objectContaining({ message: 'TCP 192.0.2.2:5060: not open within 5000 ms' })
    expect(failed).toHaveBeenCalledExactlyOnceWith(error)
    expect(events).toEqual([{ type: 'flow-closed', flow, error }])
  })

  it('no longer than that is not', () => {
    const { dial, clock, types } = setUp({ connectTimeout: 5000 })
    dial()
    clock.advance(10_000)
    expect(types()).toEqual([])
  })

  it('to send a message is cut off, however it trickles', () => {
    const { accept, clock, types } = setUp({ messageTimeout: 10_000 })
    const wire = accept()
    for (let i = 0; i < 10; i++) {
      wire.come(OPTIONS[i] as string)
      clock.advance(1000)
    }
    expect(types()).toEqual(['flow-closed'])
  })

  it('has that time for each message', () => {
    const { accept, clock, types } = setUp({ messageTimeout: 10_000 })
    const wire = accept()
    for (let i = 0; i < 10; i++) {
      wire.come(OPTIONS.slice(-10) && (i === 0 ? '' : OPTIONS.slice(100)) + OPTIONS.slice(0, 100))
      clock.advance(9000)
    }
    expect(types()).toEqual(Array(9).fill('request'))
    wire.come(OPTIONS.slice(100))
    clock.advance(100_000)
    expect(types()).toEqual(['request'])
  })
})

describe('a connection over which nothing goes', () => {
  it('is closed after a while, in order', () => {
    const { accept, clock, events } = setUp({ idleTimeout: 1000 })
    const wire = accept()
    clock.advance(999)
    wire.come(OPTIONS)
    clock.advance(999)
    const { flow } = events[0] as MessageEvent & { type: 'request' }
    flow.send(textToBytes('x'), () => {})
    clock.advance(999)
    expect(events).toHaveLength(1)
    clock.advance(1)
    expect(events[1]).toEqual({ type: 'flow-closed', flow })
    expect(wire.log).toEqual(['x', '(end)'])
  })

  it('stays as long as somebody waits for something on it', () => {
    const { dial, clock, inUse, types } = setUp({ idleTimeout: 1000 })
    const { flow } = dial()
    inUse.add(flow)
    clock.advance(10_500)
    expect(types()).toEqual([])
    inUse.delete(flow)
    clock.advance(500)
    expect(types()).toEqual(['flow-closed'])
  })
})

describe('one connection too many', () => {
  const OTHER = { ...PEER, port: 5070 }

  it('takes the place of the one over which nothing went for longest', () => {
    const { accept, dial } = setUp({ maxConnections: 3 })
    const [a, b, c] = [accept(), accept(), accept()]
    a.come(OPTIONS)
    const { flow, wire } = dial()
    expect([a, b, c].map(({ log }) => log)).toEqual([[], ['(end)'], []])
    flow.send(textToBytes('x'), () => {})
    accept()
    expect([a, c].map(({ log }) => log)).toEqual([[], ['(end)']])
    accept()
    expect(a.log).toEqual(['(end)'])
    expect(wire.log).toEqual(['x'])
  })

  it('spares those that are in use', () => {
    const { accept, events, inUse } = setUp({ maxConnections: 2 })
    const [a, b] = [accept(), accept()]
    a.come(OPTIONS)
    b.come(OPTIONS)
    inUse.add((events[0] as MessageEvent & { type: 'request' }).flow)
    accept()
    expect([a.log, b.log]).toEqual([[], ['(end)']])
  })

  it('is refused where all are in use, and nobody hears of it', () => {
    const { accept, dial, flowTo, events, inUse } = setUp({ maxConnections: 1 })
    const { flow } = dial()
    inUse.add(flow)
    const theirs = accept()
    expect(theirs.log).toEqual(['(end)'])
    theirs.come(OPTIONS)
    const failed = vi.fn()
    flowTo(OTHER).send(textToBytes('x'), failed)
    expect(failed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: 'TCP: all of 1 connections are in use' }),
    )
    expect(events).toEqual([])
    expect(flowTo()).toBe(flow)
  })
})

describe('an alias (RFC 5923)', () => {
  const withAlias = (via: string) => message('OPTIONS sip:a@b SIP/2.0', undefined, via)

  it('leads to the peer that has announced it', () => {
    const { accept, flowTo, events } = setUp()
    const wire = accept(true)
    wire.come(withAlias('192.0.2.2:5070;alias'))
    const { flow } = events[0] as MessageEvent & { type: 'request' }
    expect(flowTo({ ...PEER, port: 5070 })).toBe(flow)
    wire.come(withAlias('192.0.2.2;alias'))
    expect(flowTo(PEER)).toBe(flow)
  })

  it('is none where the peer does not ask for it, or is not trusted that far', () => {
    const { accept, flowTo, events } = setUp()
    accept(true).come(withAlias('192.0.2.2:5070'))
    accept(false).come(withAlias('192.0.2.2:5070;alias'))
    const flows = events.map((event) => 'flow' in event && event.flow)
    expect(flows).toHaveLength(2)
    expect(flows).not.toContain(flowTo({ ...PEER, port: 5070 }))
  })
})
