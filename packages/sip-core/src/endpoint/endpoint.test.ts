import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ArgumentError, ParseError, StateError, TransportError } from '../base/errors.ts'
import {
  bytesToText,
  defineHeader,
  NameAddr,
  type OutgoingRequest,
  parseUri,
  textToBytes,
  type Uri,
} from '../message/index.ts'
import { LoopNetwork, type LoopNetworkOptions, SeededRandom, VirtualClock } from '../testing/index.ts'
import type { ReceivedRequest, Transport } from '../transport/index.ts'
import type { ClientRequest, ClientRequestEvent } from './client-request.ts'
import { createRequest, type RequestInit } from './create-request.ts'
import { Endpoint, type EndpointOptions } from './endpoint.ts'
import { ModulePriority } from './module.ts'

const HERE = { host: '192.0.2.2', port: 5060 }
const PEER = { host: '192.0.2.1', port: 5060 }

/** A peer without a stack. */
class Peer {
  /** The text of what came. */
  readonly heard: string[] = []
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  listen(): Promise<void> {
    return this.#transport.listen({
      onTransport: (event) => {
        if (event.type === 'data') this.heard.push(bytesToText(event.bytes))
      },
    })
  }

  send(message: string | Uint8Array): void {
    const bytes = typeof message === 'string' ? textToBytes(message) : message
    this.#transport.connect(HERE).send(bytes, () => {})
  }

  /** The first lines of what came. */
  get lines(): readonly string[] {
    return this.heard.map((text) => text.split('\r\n', 1)[0] ?? '')
  }
}

async function setUp(
  options: EndpointOptions = {},
  network: Partial<LoopNetworkOptions> & { readonly reliable?: boolean } = {},
) {
  const clock = new VirtualClock()
  const loop = new LoopNetwork({ clock, random: new SeededRandom(1), ...network })
  const transport = (host: string) => (network.reliable === true ? loop.tcp(host) : loop.udp(host))
  const endpoint = await Endpoint.start(loop.platform(), [transport(HERE.host)], options)
  const peer = new Peer(transport(PEER.host))
  await peer.listen()
  return { clock, network: loop, endpoint, peer }
}

/** A request from the peer; headers named again in `more` take the place of the default ones. */
function request(method: string, more: readonly string[] = [], body = ''): string {
  const named = new Set(more.map((line) => line.split(':', 1)[0]))
  const usual = [
    'Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1',
    'Max-Forwards: 70',
    'From: "Peer" <sip:peer@example.com>;tag=p1',
    'To: <sip:here@example.com>',
    'Call-ID: call-1',
    `CSeq: 7 ${method}`,
  ].filter((line) => !named.has(line.split(':', 1)[0]))
  return [`${method} sip:here@192.0.2.2 SIP/2.0`, ...usual, ...more, '', body].join('\r\n')
}

/** The values of a header in a message's text. */
function headers(text: string | undefined, name: string): readonly string[] {
  const head = (text ?? '').split('\r\n\r\n', 1)[0] ?? ''
  const prefix = `${name}: `
  return head
    .split('\r\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => line.slice(prefix.length))
}

/** What became uncaught exceptions. */
const uncaught: unknown[] = []

beforeEach(() => {
  uncaught.length = 0
  const native = queueMicrotask
  vi.stubGlobal('queueMicrotask', (task: () => void) =>
    native(() => {
      try {
        task()
      } catch (error) {
        uncaught.push(error)
      }
    }),
  )
})

afterEach(() => {
  vi.unstubAllGlobals()
})

const settled = () => new Promise<void>((resolve) => setTimeout(resolve))

const PEER_URI = parseUri('sip:peer@192.0.2.1')

function outgoing(method: string, init: Partial<RequestInit> = {}): OutgoingRequest {
  return createRequest({
    method,
    uri: PEER_URI,
    from: new NameAddr({ uri: 'sip:here@example.com' }).withParam('tag', 'h1'),
    to: new NameAddr({ uri: 'sip:peer@example.com' }),
    callId: 'call-2',
    seq: 1,
    ...init,
  })
}

/** A user that keeps what comes of its requests. */
function user() {
  const events: ClientRequestEvent[] = []
  return { events, onClientRequest: (event: ClientRequestEvent) => void events.push(event) }
}

/** What came of a request, in short. */
function short(events: readonly ClientRequestEvent[]): readonly (string | number)[] {
  return events.map((event) => {
    if (event.type === 'response') return event.received.message.status
    return event.type === 'failed' ? event.error.code : event.type
  })
}

/** Turns a request that came into a response to it. */
function answer(text: string | undefined, status: string, more: readonly string[] = []): string {
  const [, ...lines] = (text ?? '').split('\r\n\r\n', 1)[0]?.split('\r\n') ?? []
  const kept = lines.filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line))
  const tagged = kept.map((line) =>
    line.startsWith('To:') && !line.includes('tag=') ? `${line};tag=p9` : line,
  )
  return [`SIP/2.0 ${status}`, ...tagged, ...more, '', ''].join('\r\n')
}

describe('Endpoint: starting and closing', () => {
  it('opens its transports, and none if one fails', async () => {
    const { network } = await setUp()
    const start = Endpoint.start(network.platform(), [network.udp('192.0.2.9'), network.udp(HERE.host)])
    await expect(start).rejects.toThrow(TransportError)
    const again = await Endpoint.start(network.platform(), [network.udp('192.0.2.9')])
    await again.close()
  })

  it('closes modules, transactions and transports, once', async () => {
    const { clock, endpoint, peer } = await setUp()
    const closed: string[] = []
    const module = (name: string, priority: number) => ({
      name,
      priority,
      receive: () => false,
      close: () => void closed.push(name),
    })
    endpoint.use(module('application', ModulePriority.application))
    endpoint.use(module('dialogs', ModulePriority.dialog))
    const { events, ...tu } = user()
    endpoint.send(outgoing('OPTIONS'), tu)
    await endpoint.close()
    await endpoint.close()
    await endpoint[Symbol.asyncDispose]()
    expect(closed).toEqual(['application', 'dialogs'])
    expect(short(events)).toEqual(['terminated'])
    peer.send(request('OPTIONS'))
    clock.runUntilIdle()
    expect(clock.pending).toBe(0)
    expect(peer.lines).toEqual(['OPTIONS sip:peer@192.0.2.1 SIP/2.0'])
  })

  it('fails what is sent when it is closed', async () => {
    const { endpoint, network } = await setUp({}, { hosts: { 'example.com': [PEER.host] } })
    await endpoint.close()
    const { events, ...tu } = user()
    endpoint.send(outgoing('OPTIONS'), tu)
    endpoint.send(outgoing('OPTIONS', { uri: parseUri('sip:peer@example.com') }), tu)
    endpoint.send(outgoing('OPTIONS'), tu, { flow: network.udp('192.0.2.3').connect(PEER) })
    await settled()
    expect(short(events).toSorted()).toEqual([
      ...Array(3).fill('SIP_TRANSPORT'),
      ...Array(3).fill('terminated'),
    ])
  })
})

describe('Endpoint: modules', () => {
  it('asks them in the order of their priorities until one takes the message', async () => {
    const { clock, endpoint, peer } = await setUp()
    const asked: string[] = []
    for (const [name, priority, takes] of [
      ['application', ModulePriority.application, true],
      ['usage', ModulePriority.usage, true],
      ['dialogs', ModulePriority.dialog, false],
    ] as const) {
      const receive = () => {
        asked.push(name)
        return takes
      }
      endpoint.use({ name, priority, receive })
    }
    peer.send(request('MESSAGE'))
    clock.runUntilIdle()
    expect(asked).toEqual(['dialogs', 'usage'])
    expect(peer.heard).toEqual([])
  })

  it('shows each request once, however often it is sent', async () => {
    const { clock, endpoint, peer } = await setUp()
    const received: ReceivedRequest[] = []
    endpoint.use({
      name: 'application',
      priority: ModulePriority.application,
      receive: (message) => {
        if (message.type !== 'request') return false
        received.push(message)
        endpoint.respond(message, 200)
        return true
      },
    })
    peer.send(request('MESSAGE'))
    peer.send(request('MESSAGE'))
    clock.advance(10)
    expect(received).toHaveLength(1)
    expect(peer.heard).toHaveLength(2)
    expect(peer.heard[0]).toBe(peer.heard[1])
    clock.runUntilIdle()
    expect(endpoint.transactions.size).toBe(0)
  })

  it('shows responses that nobody waits for, and those that cannot be read', async () => {
    const { endpoint, clock, peer } = await setUp()
    const dropped: unknown[] = []
    endpoint.diagnostics.on('dropped', (record) => dropped.push(record))
    const response = [
      'SIP/2.0 200 OK',
      `Via: SIP/2.0/UDP ${HERE.host}:${HERE.port};branch=z9hG4bKgone`,
      'From: <sip:a@example.com>;tag=a',
      'To: <sip:b@example.com>;tag=b',
      'Call-ID: gone',
      'CSeq: 1 OPTIONS',
      '',
      '',
    ].join('\r\n')
    peer.send(response)
    clock.runUntilIdle()
    const error = new ParseError({ within: 'X-Test', expected: 'a value', found: 'none', offset: 0 })
    endpoint.use({
      name: 'reader',
      priority: ModulePriority.application,
      receive() {
        throw error
      },
    })
    peer.send(response)
    clock.runUntilIdle()
    expect(dropped).toMatchObject([
      { reason: 'stray-response', response: { status: 200 }, flow: { remote: PEER } },
      { reason: 'unreadable-response', response: { status: 200 }, error },
    ])
  })

  it('answers a header that turns out to be unreadable with 400, and drops such a response', async () => {
    const { clock, endpoint, peer } = await setUp()
    const seen: string[] = []
    endpoint.use({
      name: 'reader',
      priority: ModulePriority.application,
      receive: ({ type }) => {
        seen.push(type)
        throw new ParseError({ expected: 'a token', found: '@', offset: 0, within: 'X-Weird' })
      },
    })
    peer.send(request('MESSAGE'))
    peer.send(answer(request('OPTIONS', ['Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKnone']), '200 OK'))
    peer.send(request('ACK'))
    clock.runUntilIdle()
    await settled()
    expect(seen).toEqual(['request', 'response', 'request'])
    expect(peer.lines).toEqual(['SIP/2.0 400 Bad Request - X-Weird'])
    expect(uncaught).toEqual([])
  })

  it('lets a module’s own fault surface, and goes on', async () => {
    const { clock, endpoint, peer } = await setUp()
    const bug = new Error('bug')
    endpoint.use({
      name: 'faulty',
      priority: ModulePriority.application,
      receive: () => {
        throw bug
      },
    })
    peer.send(request('MESSAGE'))
    expect(() => clock.runUntilIdle()).not.toThrow()
    peer.send(answer(request('OPTIONS', ['Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKnone']), '200 OK'))
    expect(() => clock.runUntilIdle()).not.toThrow()
    await settled()
    expect(uncaught).toEqual([bug, bug])
  })
})

describe('Endpoint: headers that must be readable', () => {
  const Answer = defineHeader({
    name: 'X-Answer',
    kind: 'single',
    parse: (cursor) => cursor.uint('a number', 99),
    print: String,
  })

  it('refuses requests in which they are not, those learnt late included', async () => {
    const { clock, endpoint, peer } = await setUp()
    const bad = (branch: number) =>
      request('OPTIONS', [`Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${branch}`, 'X-Answer: none'])
    peer.send(bad(1))
    clock.advance(10)
    endpoint.understand([Answer])
    endpoint.understand([Answer])
    peer.send(bad(2))
    clock.advance(10)
    expect(peer.lines).toEqual(['SIP/2.0 200 OK', 'SIP/2.0 400 Bad Request - X-Answer'])
  })
})

describe('Endpoint: requests that nobody takes', () => {
  async function refused(text: string, prepare: (endpoint: Endpoint) => void = () => {}) {
    const { clock, endpoint, peer } = await setUp()
    for (const method of ['INVITE', 'BYE', 'CANCEL', 'NOTIFY', 'MESSAGE', 'ACK'])
      endpoint.capabilities.methods.add(method)
    prepare(endpoint)
    peer.send(text)
    clock.runUntilIdle()
    expect(endpoint.transactions.size).toBe(0)
    return peer
  }

  it.each([
    ['a method of which nobody has heard', request('JUMP'), '501 Not Implemented'],
    ['a method that is not for here', request('SUBSCRIBE'), '405 Method Not Allowed'],
    ['an INVITE', request('INVITE'), '480 Temporarily Unavailable'],
    ['a MESSAGE', request('MESSAGE'), '480 Temporarily Unavailable'],
    [
      'a MESSAGE in a dialog',
      request('MESSAGE', ['To: <sip:here@example.com>;tag=gone']),
      '481 Call/Transaction Does Not Exist',
    ],
    ['a BYE', request('BYE', ['To: <sip:here@example.com>;tag=gone']), '481 Call/Transaction Does Not Exist'],
    ['a BYE without a tag', request('BYE'), '481 Call/Transaction Does Not Exist'],
    ['a NOTIFY', request('NOTIFY'), '481 Call/Transaction Does Not Exist'],
    ['a CANCEL', request('CANCEL'), '481 Call/Transaction Does Not Exist'],
    ['an extension', request('MESSAGE', ['Require: magic']), '420 Bad Extension'],
    ['an OPTIONS', request('OPTIONS'), '200 OK'],
    [
      'another scheme',
      request('MESSAGE').replace('sip:here@192.0.2.2', 'mailto:a@b'),
      '416 Unsupported URI Scheme',
    ],
  ])('%s', async (_, text, status) => {
    const peer = await refused(text)
    // an INVITE's answer is resent until the ACK that does not come
    expect(new Set(peer.lines)).toEqual(new Set([`SIP/2.0 ${status}`]))
  })

  it('an ACK, which is never answered', async () => {
    expect((await refused(request('ACK'))).heard).toEqual([])
  })

  it('says what it can do instead', async () => {
    expect(headers((await refused(request('SUBSCRIBE'))).heard[0], 'Allow')[0]).toContain('INVITE')
    const peer = await refused(
      request('MESSAGE', ['Require: timer, magic', 'Proxy-Require: privacy']),
      (endpoint) => {
        endpoint.capabilities.extensions.add('timer')
      },
    )
    expect(headers(peer.heard[0], 'Unsupported')).toEqual(['magic'])
  })

  it('answers OPTIONS with everything it can', async () => {
    const peer = await refused(request('OPTIONS'), ({ capabilities }) => {
      capabilities.extensions.add('replaces').add('timer')
      capabilities.contentTypes.add('application/sdp').add('message/sipfrag')
    })
    expect(headers(peer.heard[0], 'Allow')[0]).toMatch(/^OPTIONS, INVITE, /)
    expect(headers(peer.heard[0], 'Supported')).toEqual(['replaces, timer'])
    expect(headers(peer.heard[0], 'Accept')).toEqual(['application/sdp, message/sipfrag'])
  })
})

describe('Endpoint: requests that cannot be read', () => {
  it.each([
    ['Max-Forwards: many', 'Max-Forwards'],
    ['From: nobody', 'From'],
    ['To: <sip:here@example.com', 'To'],
    ['CSeq: many MESSAGE', 'CSeq'],
    ['CSeq: 1 INVITE', 'CSeq'],
    ['Contact: <>', 'Contact'],
    ['Content-Length: 500', 'Content-Length'],
    ['Via: nonsense', 'Via'],
  ])('are answered with 400: %s', async (line, within) => {
    const { clock, peer } = await setUp()
    peer.send(request('MESSAGE', [line]))
    clock.runUntilIdle()
    expect(peer.lines).toEqual([`SIP/2.0 400 Bad Request - ${within}`])
    expect(headers(peer.heard[0], 'Call-ID')).toEqual(['call-1'])
  })

  it('are answered without what they lack', async () => {
    const { clock, peer } = await setUp()
    peer.send('MESSAGE sip:here@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n\r\n')
    clock.runUntilIdle()
    expect(peer.lines).toEqual(['SIP/2.0 400 Bad Request - From'])
  })

  it('are answered with 501 if nobody knows the method (RFC 4475 §3.1.2.18)', async () => {
    const { clock, peer } = await setUp()
    peer.send(request('NEWMETHOD', ['CSeq: 8 INVITE']))
    clock.runUntilIdle()
    expect(peer.lines).toEqual(['SIP/2.0 501 Not Implemented - CSeq'])
  })

  it('are not answered if they are an ACK', async () => {
    const { clock, peer } = await setUp()
    peer.send(request('ACK', ['From: nobody']))
    clock.runUntilIdle()
    expect(peer.heard).toEqual([])
  })

  it('never throw, never loop, never leave anything behind', async () => {
    const { clock, endpoint, peer } = await setUp({ userAgent: 'here/1' })
    for (const method of ['INVITE', 'BYE', 'CANCEL', 'ACK', 'MESSAGE'])
      endpoint.capabilities.methods.add(method)
    const seeds = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'MESSAGE', 'OPTIONS'].flatMap((method) => {
      const text = request(method, [
        'Contact: <sip:peer@192.0.2.1>',
        'Record-Route: <sip:proxy@192.0.2.9;lr>',
      ])
      return [text, answer(text, '200 OK'), text.replaceAll('\r\n', '\n')]
    })
    const piece = fc.constantFrom(
      '\r\n',
      ':',
      ';',
      ',',
      '<',
      '>',
      '"',
      '\\',
      '%',
      '@',
      '\0',
      'ü',
      ' ',
      'Via: ',
      '\r\n ',
      '0',
    )
    const mutation = fc.record({
      seed: fc.constantFrom(...seeds),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(12),
      insert: fc.array(piece, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(mutation, ({ seed, at, cut, insert }) => {
        const place = Math.floor(at * seed.length)
        peer.send(textToBytes(seed.slice(0, place) + insert.join('') + seed.slice(place + cut)))
        clock.advance(40_000)
        clock.runUntilIdle()
        expect(endpoint.transactions.size).toBe(0)
      }),
      { numRuns: 1500 },
    )
    await settled()
    expect(uncaught).toEqual([])
  })
})

describe('Endpoint: sending', () => {
  it('sends to the Request-URI, and hands up what comes', async () => {
    const { clock, endpoint, peer } = await setUp({ userAgent: 'here/1' })
    const { events, ...tu } = user()
    const handle: ClientRequest = endpoint.send(outgoing('OPTIONS'), tu)
    clock.advance(10)
    expect(peer.lines).toEqual(['OPTIONS sip:peer@192.0.2.1 SIP/2.0'])
    expect(headers(peer.heard[0], 'User-Agent')).toEqual(['here/1'])
    expect(headers(peer.heard[0], 'Via')[0]).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.2:5060;.*branch=z9hG4bK/)
    expect(headers(peer.heard[0], 'Content-Length')).toEqual(['0'])
    peer.send(answer(peer.heard[0], '200 OK'))
    clock.runUntilIdle()
    expect(short(events)).toEqual([200, 'terminated'])
    handle.terminate()
    handle.cancel()
    expect(events).toHaveLength(2)
  })

  it('goes to the first Route if that is loose', async () => {
    const { clock, endpoint, peer } = await setUp()
    const elsewhere = parseUri('sip:peer@192.0.2.99')
    const route = [new NameAddr({ uri: 'sip:192.0.2.1;lr' }), new NameAddr({ uri: 'sip:192.0.2.98;lr' })]
    endpoint.send(outgoing('OPTIONS', { uri: elsewhere, route }), user())
    clock.advance(10)
    expect(peer.lines).toEqual(['OPTIONS sip:peer@192.0.2.99 SIP/2.0'])
    expect(headers(peer.heard[0], 'Route').join(', ')).toBe('<sip:192.0.2.1;lr>, <sip:192.0.2.98;lr>')
  })

  it('looks names up', async () => {
    const { clock, endpoint, peer } = await setUp({}, { hosts: { 'peer.example.com': [PEER.host] } })
    const { events, ...tu } = user()
    endpoint.send(outgoing('OPTIONS', { uri: parseUri('sip:peer@peer.example.com') }), tu)
    expect(peer.heard).toEqual([])
    await settled()
    clock.advance(10)
    expect(peer.lines).toEqual(['OPTIONS sip:peer@peer.example.com SIP/2.0'])
    peer.send(answer(peer.heard[0], '200 OK'))
    clock.runUntilIdle()
    expect(short(events)).toEqual([200, 'terminated'])
  })

  it('does not send what was given up while its name was looked up', async () => {
    const { clock, endpoint, peer } = await setUp({}, { hosts: { 'peer.example.com': [PEER.host] } })
    const { events, ...tu } = user()
    endpoint.send(outgoing('OPTIONS', { uri: parseUri('sip:peer@peer.example.com') }), tu).terminate()
    await settled()
    clock.runUntilIdle()
    expect(short(events)).toEqual(['terminated'])
    expect(peer.heard).toEqual([])
  })

  it.each([
    ['a name without an address', 'sip:peer@nowhere.example.com'],
    ['a scheme without addresses', 'tel:+1-201-555-0123'],
    ['a transport that nobody knows', 'sip:peer@192.0.2.1;transport=none-such'],
    ['a transport that is not here', 'sip:peer@192.0.2.1;transport=tcp'],
    ['a secure one that is not here', 'sips:peer@192.0.2.1'],
  ])('tells why nothing could be sent: %s', async (_, uri) => {
    const { clock, endpoint } = await setUp()
    const { events, ...tu } = user()
    endpoint.send(outgoing('OPTIONS', { uri: parseUri(uri) }), tu)
    await settled()
    expect(short(events)).toEqual(['SIP_TRANSPORT', 'terminated'])
    expect(clock.pending).toBe(0)
  })

  it('tells when nobody answers', async () => {
    const { clock, endpoint, peer } = await setUp()
    const { events, ...tu } = user()
    endpoint.send(outgoing('OPTIONS'), tu)
    clock.runUntilIdle()
    expect(clock.now()).toBe(32_000)
    expect(short(events)).toEqual(['SIP_TIMEOUT', 'terminated'])
    expect(peer.heard).toHaveLength(11)
    expect(new Set(peer.heard).size).toBe(1)
  })

  it('tells when the network refuses', async () => {
    const { clock, endpoint, network } = await setUp({}, { reliable: true })
    const { events, ...tu } = user()
    const nobody = parseUri('sip:peer@192.0.2.77;transport=tcp')
    endpoint.send(outgoing('OPTIONS', { uri: nobody }), tu)
    clock.runUntilIdle()
    expect(short(events)).toEqual(['SIP_TRANSPORT', 'terminated'])
    expect(network.clock.now()).toBeLessThan(100)
  })

  it('uses its own timers if it is given some', async () => {
    const { clock, endpoint } = await setUp({ timers: { T1: 10 } })
    expect(endpoint.timers).toEqual({ T1: 10, T2: 4000, T4: 5000, D: 32_000 })
    const { events, ...tu } = user()
    endpoint.send(outgoing('OPTIONS'), tu)
    clock.runUntilIdle()
    expect(clock.now()).toBe(640)
    expect(short(events)).toEqual(['SIP_TIMEOUT', 'terminated'])
  })

  it('cancels an INVITE the way it went', async () => {
    const { clock, endpoint, peer } = await setUp({ userAgent: 'here/1' })
    const { events, ...tu } = user()
    const invite = endpoint.send(outgoing('INVITE'), tu)
    clock.advance(10)
    peer.send(answer(peer.heard[0], '180 Ringing'))
    clock.advance(10)
    invite.cancel()
    clock.advance(10)
    const cancel = peer.heard[1]
    expect(cancel).toMatch(/^CANCEL sip:peer@192\.0\.2\.1 SIP\/2\.0/)
    expect(headers(cancel, 'Via')).toEqual(headers(peer.heard[0], 'Via'))
    expect(headers(cancel, 'CSeq')).toEqual(['1 CANCEL'])
    expect(headers(cancel, 'User-Agent')).toEqual(['here/1'])
    peer.send(answer(cancel, '200 OK'))
    peer.send(answer(peer.heard[0], '487 Request Terminated'))
    clock.runUntilIdle()
    expect(short(events)).toEqual([180, 487, 'terminated'])
    expect(peer.lines[2]).toMatch(/^ACK /)
  })

  it('sends outside of transactions, as often as told, the same bytes', async () => {
    const { clock, endpoint, peer } = await setUp()
    const ack = outgoing('ACK')
    const again = endpoint.sendStateless(ack)
    again()
    clock.runUntilIdle()
    expect(peer.heard).toHaveLength(2)
    expect(peer.heard[0]).toBe(peer.heard[1])
    expect(headers(peer.heard[0], 'Via')).toHaveLength(1)
    endpoint.sendStateless(ack)
    clock.runUntilIdle()
    expect(headers(peer.heard[2], 'Via')).toHaveLength(1)
    expect(headers(peer.heard[2], 'Via')).not.toEqual(headers(peer.heard[0], 'Via'))
    expect(endpoint.transactions.size).toBe(0)
    expect(() => endpoint.sendStateless(outgoing('ACK', { uri: parseUri('tel:1') }))()).not.toThrow()
  })
})

describe('Endpoint: answering', () => {
  async function received(text = request('MESSAGE'), options = {}) {
    const { clock, endpoint, peer } = await setUp(options)
    const requests: ReceivedRequest[] = []
    endpoint.use({
      name: 'application',
      priority: ModulePriority.application,
      receive: (message) => {
        if (message.type === 'request') requests.push(message)
        return true
      },
    })
    peer.send(text)
    clock.advance(10)
    return { clock, endpoint, peer, message: requests[0] as ReceivedRequest }
  }

  it('copies what must be copied', async () => {
    const via = 'Via: SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1'
    const { endpoint, message } = await received(
      request('MESSAGE', [
        via,
        'v: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bK0',
        'Record-Route: <sip:p;lr>',
        'Timestamp: 54',
      ]),
      { userAgent: 'here/1' },
    )
    const ok = endpoint.createResponse(message, 200)
    expect([...ok.headers].map(([name, text]) => `${name}: ${text}`)).toEqual([
      'Via: SIP/2.0/UDP 10.0.0.1:5070;rport=5060;branch=z9hG4bK1;received=192.0.2.1',
      'Via: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bK0',
      'Record-Route: <sip:p;lr>',
      'From: "Peer" <sip:peer@example.com>;tag=p1',
      expect.stringMatching(/^To: <sip:here@example.com>;tag=\w{7}$/),
      'Call-ID: call-1',
      'CSeq: 7 MESSAGE',
      'Server: here/1',
    ])
    expect(endpoint.createResponse(message, 404).headers.has('Record-Route')).toBe(false)
    const trying = endpoint.createResponse(message, 100)
    expect(trying.to.tag).toBeUndefined()
    expect(trying.headers.get('Timestamp')).toBe('54')
  })

  it('gives a dialog’s tag, its own, or the one that is there', async () => {
    const { endpoint, message } = await received()
    const tag = endpoint.createResponse(message, 200).to.tag
    expect(tag).toMatch(/^\w{7}$/)
    expect(endpoint.createResponse(message, 404).to.tag).toBe(tag)
    expect(endpoint.createResponse(message, 200, { toTag: undefined }).to.tag).toBe(tag)
    expect(endpoint.createResponse(message, 200, { toTag: 'mine' }).to.tag).toBe('mine')
    const inDialog = await received(request('MESSAGE', ['To: <sip:here@example.com>;tag=theirs']))
    expect(inDialog.endpoint.createResponse(inDialog.message, 200, { toTag: 'mine' }).to.tag).toBe('theirs')
  })

  it('says what it is told to', async () => {
    const { endpoint, message } = await received()
    const response = endpoint.createResponse(message, 302, {
      reason: 'Gone Fishing',
      contact: new NameAddr({ uri: 'sip:boat@example.com' }),
      headers: { Server: 'mine', 'X-Fish': ['one', 'two'] },
      body: { type: 'text/plain', content: 'Grüße' },
    })
    expect(response.reason).toBe('Gone Fishing')
    expect(response.contact?.uri.toString()).toBe('sip:boat@example.com')
    expect(response.headers.getAll('X-Fish')).toEqual(['one', 'two'])
    expect(response.headers.getAll('Server')).toEqual(['mine'])
    expect(response.headers.get('Content-Type')).toBe('text/plain')
    expect(response.text).toBe('Grüße')
  })

  it.each([
    ['a line break in a header', 200, { headers: { 'X-A': 'b\r\nX-Evil: 1' } }],
    ['a line break in the reason', 200, { reason: 'OK\r\nX-Evil: 1' }],
    ['a header name that is none', 200, { headers: { 'X A': 'b' } }],
    ['a status that is none', 700, {}],
    ['a status that is none', 99, {}],
  ])('refuses %s', async (_, status, init) => {
    const { endpoint, message } = await received()
    expect(() => endpoint.createResponse(message, status, init)).toThrow(ArgumentError)
  })

  it('through a transaction, once', async () => {
    const { clock, endpoint, peer, message } = await received(request('INVITE'))
    const transaction = endpoint.accept(message, { onServerTransaction: () => {} })
    transaction.respond(endpoint.createResponse(message, 180))
    transaction.respond(endpoint.createResponse(message, 486))
    expect(() => transaction.respond(endpoint.createResponse(message, 200))).toThrow(StateError)
    clock.advance(1)
    expect(peer.lines).toEqual(['SIP/2.0 180 Ringing', 'SIP/2.0 486 Busy Here'])
    clock.runUntilIdle()
    expect(endpoint.transactions.size).toBe(0)
  })

  it('has no transaction for an ACK', async () => {
    const { endpoint, message } = await received(request('ACK'))
    expect(() => endpoint.accept(message, { onServerTransaction: () => {} })).toThrow(StateError)
  })

  it('without one, the same way each time', async () => {
    const { clock, endpoint, peer, message } = await received()
    endpoint.respondStateless(message, 503, { headers: { 'Retry-After': '5' } })
    endpoint.respondStateless(message, 503, { headers: { 'Retry-After': '5' } })
    clock.runUntilIdle()
    expect(peer.lines).toEqual(['SIP/2.0 503 Service Unavailable', 'SIP/2.0 503 Service Unavailable'])
    expect(peer.heard[0]).toBe(peer.heard[1])
    expect(headers(peer.heard[0], 'Retry-After')).toEqual(['5'])
    expect(endpoint.transactions.size).toBe(0)
  })
})

describe('Endpoint: where it can be reached', () => {
  it('is at the transport that leads to the peer, with its own user', async () => {
    const { network } = await setUp()
    const endpoint = await Endpoint.start(network.platform(), [
      network.udp('192.0.2.9', 5070),
      network.tcp('192.0.2.9', 5080),
      network.udp('2001:db8::9', 5090),
    ])
    const contact = (identity: string, peer: string) =>
      String(endpoint.contact(parseUri(identity) as Uri, parseUri(peer)))
    expect(contact('sip:me@example.com', 'sip:you@192.0.2.1')).toBe('<sip:me@192.0.2.9:5070>')
    expect(contact('sip:me@example.com', 'sip:you@192.0.2.1;transport=tcp')).toBe(
      '<sip:me@192.0.2.9:5080;transport=tcp>',
    )
    expect(contact('sip:me@example.com', 'sip:you@[2001:db8::1]')).toBe('<sip:me@[2001:db8::9]:5090>')
    expect(contact('sip:example.com', 'sip:you@192.0.2.1;transport=constructor')).toBe('<sip:192.0.2.9:5070>')
    expect(contact('tel:+1-201-555-0123', 'sip:you@192.0.2.1')).toBe('<sip:192.0.2.9:5070>')
  })

  it('makes tokens that differ', async () => {
    const { endpoint } = await setUp()
    expect(endpoint.token()).toHaveLength(16)
    expect(endpoint.token(8)).toHaveLength(8)
    expect(endpoint.token()).not.toBe(endpoint.token())
  })
})
