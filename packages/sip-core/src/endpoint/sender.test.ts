import { describe, expect, it } from 'vitest'
import { CSeq, NameAddr, type OutgoingRequest, parseUri, SipRequest } from '../message/index.ts'
import { LoopNetwork, ScriptedPeer, SeededRandom, TableDns, VirtualClock } from '../testing/index.ts'
import type { ObservedAddress, Transport } from '../transport/index.ts'
import type { Authenticate } from './attempt.ts'
import type { ClientRequestEvent } from './client-request.ts'
import { createRequest } from './create-request.ts'
import { Endpoint, type EndpointOptions } from './endpoint.ts'
import type { SendOptions } from './sender.ts'

const HERE = '192.0.2.9'
const A = '192.0.2.1'
const B = '192.0.2.2'

/** A domain with two servers, A before B, and the peers that listen there. */
async function setUp(
  { a = 'UDP', b = 'UDP' }: { readonly a?: 'UDP' | 'TCP' | 'dead'; readonly b?: 'UDP' | 'TCP' | 'dead' } = {},
  options: EndpointOptions = {},
) {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const dns = new TableDns({
    srv: {
      '_sip._udp.example.com': ['1 0 5060 a.example.com', '2 0 5060 b.example.com'],
      '_sip._tcp.example.com': ['1 0 5060 a.example.com', '2 0 5060 b.example.com'],
    },
    address: { 'a.example.com': [A], 'b.example.com': [B] },
  })
  const transports = [network.udp(HERE), network.tcp(HERE)]
  const endpoint = await Endpoint.start({ ...network.platform(), dns }, transports, options)
  const at = (kind: 'UDP' | 'TCP' | 'dead', host: string) =>
    ScriptedPeer.at(
      kind === 'dead' ? network.udp(host, 9) : kind === 'UDP' ? network.udp(host) : network.tcp(host),
    )
  const [first, second] = [await at(a, A), await at(b, B)]

  const send = (request: OutgoingRequest, sending: SendOptions = {}) => {
    const events: ClientRequestEvent[] = []
    const handle = endpoint.send(request, { onClientRequest: (event) => void events.push(event) }, sending)
    return { handle, events, outcome: () => events.map(short) }
  }
  return { clock, network, endpoint, transports, first, second, send, dns }
}

function short(event: ClientRequestEvent): string | number {
  if (event.type === 'response') return event.received.message.status
  return event.type === 'failed' ? event.error.code : event.type
}

function outgoing(method: string, uri = 'sip:example.com;transport=udp', more: Partial<SipRequest> = {}) {
  const me = new NameAddr({ uri: 'sip:me@example.org' }).withParam('tag', 'm1')
  const to = new NameAddr({ uri: 'sip:you@example.com' })
  return createRequest({
    method,
    uri: parseUri(uri),
    from: me,
    to,
    callId: 'c1',
    seq: 1,
    ...(more.body && { body: { type: 'text/plain', content: more.body } }),
  })
}

const branches = (peer: ScriptedPeer) =>
  new Set(peer.messages.filter((message) => message instanceof SipRequest).map(({ via }) => via.branch))

describe('failover (RFC 3263 §4.3)', () => {
  it('goes from a server that says 503 to the next, as a new transaction of the same request', async () => {
    const { clock, first, second, send } = await setUp()
    const { outcome, handle } = send(outgoing('OPTIONS'))
    await clock.play(10)
    first.answer(first.last('OPTIONS'), 503)
    await clock.play(10)
    second.answer(second.last('OPTIONS'), 200)
    await clock.play(40_000)
    expect(outcome()).toEqual([200, 'terminated'])
    expect(first.heard()).toEqual(['OPTIONS'])
    expect(second.heard()).toEqual(['OPTIONS'])
    const [one, two] = [first.last('OPTIONS'), second.last('OPTIONS')]
    expect(one.via.branch).not.toBe(two.via.branch)
    expect([two.callId, two.cseq.seq, two.from.tag]).toEqual([one.callId, one.cseq.seq, one.from.tag])
    expect(handle.request.headers.has('Via')).toBe(false)
  })

  it('acknowledges the 503 to an INVITE where it came from, and the call goes on elsewhere', async () => {
    const { clock, first, second, send } = await setUp()
    const { outcome } = send(outgoing('INVITE'))
    await clock.play(10)
    first.answer(first.last('INVITE'), 503)
    await clock.play(10)
    second.answer(second.last('INVITE'), 180)
    second.answer(second.last('INVITE'), 200)
    await clock.play(10)
    expect(outcome()).toEqual([180, 200])
    expect(first.heard()).toEqual(['INVITE', 'ACK'])
  })

  it('goes on when nobody answers for 64 times T1, and asks the one that answers first the next time', async () => {
    const { clock, first, second, send } = await setUp({ a: 'dead' })
    const { outcome } = send(outgoing('OPTIONS'))
    await clock.play(32_010)
    second.answer(second.last('OPTIONS'), 200)
    await clock.play(10)
    expect(outcome()).toEqual([200])
    expect(branches(second).size).toBe(1)
    const again = send(outgoing('OPTIONS'))
    await clock.play(10)
    second.answer(second.last('OPTIONS'), 200)
    await clock.play(10)
    expect(again.outcome()).toEqual([200])
    expect(first.messages).toEqual([])
  })

  it('goes on at once where the network refuses', async () => {
    const { clock, second, send } = await setUp({ a: 'dead', b: 'TCP' })
    const { outcome } = send(outgoing('OPTIONS', 'sip:example.com;transport=tcp'))
    await clock.play(10)
    second.answer(second.last('OPTIONS'), 200)
    await clock.play(10)
    expect(outcome()).toEqual([200, 'terminated'])
    expect(clock.now()).toBeLessThan(100)
  })

  it('tells the last failure when all are dead', async () => {
    const { clock, send } = await setUp({ a: 'dead', b: 'dead' })
    const udp = send(outgoing('OPTIONS'))
    const tcp = send(outgoing('OPTIONS', 'sip:example.com;transport=tcp'))
    await clock.play(100_000)
    expect(udp.outcome()).toEqual(['SIP_TIMEOUT', 'terminated'])
    expect(tcp.outcome()).toEqual(['SIP_TRANSPORT', 'terminated'])
  })

  it('leaves a server alone for as long as it asks, if there is another', async () => {
    const { clock, first, second, send } = await setUp()
    send(outgoing('OPTIONS'))
    await clock.play(10)
    first.answer(first.last('OPTIONS'), 503, { lines: ['Retry-After: 120'] })
    await clock.play(10)
    second.answer(second.last('OPTIONS'), 200)
    await clock.play(119_000)
    first.heard()
    send(outgoing('OPTIONS'))
    await clock.play(10)
    expect(first.heard()).toEqual([])
    // To itself alone it is not refused.
    send(outgoing('OPTIONS', `sip:${A}`))
    await clock.play(10)
    expect(first.heard()).toEqual(['OPTIONS'])
    await clock.play(40_000)
    first.heard()
    send(outgoing('OPTIONS'))
    await clock.play(10)
    expect(first.heard()).toEqual(['OPTIONS'])
  })

  it('does not leave one alone that is unavailable without saying for how long', async () => {
    const { clock, first, send } = await setUp()
    send(outgoing('OPTIONS'))
    await clock.play(10)
    first.answer(first.last('OPTIONS'), 503)
    await clock.play(10)
    first.heard()
    send(outgoing('OPTIONS'))
    await clock.play(10)
    expect(first.heard()).toEqual(['OPTIONS'])
  })

  it('ends with a flow that the caller has named', async () => {
    const { clock, endpoint, first, second, send } = await setUp()
    const flow = endpoint.transports.flow({ protocol: 'UDP', address: { host: A, port: 5060 }, domain: A })
    const { outcome } = send(outgoing('OPTIONS'), { flow })
    await clock.play(10)
    first.answer(first.last('OPTIONS'), 503)
    await clock.play(10)
    expect(outcome()).toEqual([503])
    expect(second.messages).toEqual([])
  })

  it('takes an ACK along that the network refuses', async () => {
    const { clock, endpoint, second } = await setUp({ a: 'dead', b: 'TCP' })
    const again = endpoint.sendStateless(outgoing('ACK', 'sip:example.com;transport=tcp'))
    await clock.play(10)
    again()
    await clock.play(10)
    expect(second.heard()).toEqual(['ACK', 'ACK'])
    expect(branches(second).size).toBe(1)
  })

  it('sends an ACK again over a new connection where the first is gone', async () => {
    const { clock, network, endpoint, second } = await setUp({ a: 'dead', b: 'dead' })
    const uri = `sip:${A}:5070;transport=tcp`
    const before = network.tcp(A, 5070)
    const early = await ScriptedPeer.at(before)
    const again = endpoint.sendStateless(outgoing('ACK', uri))
    await clock.play(10)
    await before.close()
    again()
    await clock.play(10)
    expect(early.heard()).toEqual(['ACK'])
    const late = await ScriptedPeer.at(network.tcp(A, 5070))
    again()
    await clock.play(10)
    expect(late.heard()).toEqual(['ACK'])
    expect(second.messages).toEqual([])
  })

  it('cancels where the INVITE is now', async () => {
    const { clock, first, second, send } = await setUp()
    const { handle, outcome } = send(outgoing('INVITE'))
    await clock.play(10)
    first.answer(first.last('INVITE'), 180)
    first.answer(first.last('INVITE'), 503)
    await clock.play(10)
    handle.cancel()
    await clock.play(10)
    expect(second.heard()).toEqual(['INVITE'])
    second.answer(second.last('INVITE'), 100)
    await clock.play(10)
    expect(second.last('CANCEL').via.branch).toBe(second.last('INVITE').via.branch)
    second.answer(second.last('INVITE'), 487)
    await clock.play(10)
    expect(outcome()).toEqual([180, 100, 487])
    expect(first.heard()).toEqual(['INVITE', 'ACK'])
  })
})

describe('authentication', () => {
  it('sends what the hook makes of a challenge, to the same server', async () => {
    const { clock, first, second, send } = await setUp()
    const asked: string[] = []
    const authenticate: Authenticate = ({ method, uri, headers, body }, response) => {
      asked.push(response.headers.get('WWW-Authenticate') ?? '')
      const seq = (headers.get(CSeq)?.seq ?? 0) + 1
      const answered = headers.clone().set(CSeq, { seq, method }).set('Authorization', 'Digest username="me"')
      return new SipRequest({ method, uri, headers: answered, body })
    }
    const { outcome, handle } = send(outgoing('REGISTER'), { authenticate })
    await clock.play(10)
    const before = first.last('REGISTER')
    first.answer(before, 401, { lines: ['WWW-Authenticate: Digest realm="x"'] })
    await clock.play(10)
    const after = first.last('REGISTER')
    expect(after.headers.get('Authorization')).toBe('Digest username="me"')
    expect([after.cseq.seq, after.callId]).toEqual([2, before.callId])
    expect(after.headers.getAll('Via')).toHaveLength(1)
    expect(after.via.branch).not.toBe(before.via.branch)
    first.answer(after, 200)
    await clock.play(40_000)
    expect(outcome()).toEqual([200, 'terminated'])
    expect(asked).toEqual(['Digest realm="x"'])
    expect(handle.request.cseq.seq).toBe(2)
    expect(second.messages).toEqual([])
  })
})

describe('large requests (RFC 3261 §18.1.1)', () => {
  const large = () => outgoing('MESSAGE', `sip:${A}`, { body: new Uint8Array(1300) })

  it('go over TCP', async () => {
    const { clock, first, send } = await setUp({ a: 'TCP' })
    send(large())
    await clock.play(10)
    expect(first.last('MESSAGE').via.transport).toBe('TCP')
  })

  it('go over UDP after all where TCP is refused, and then at once', async () => {
    const { clock, network, first, send } = await setUp()
    const protocols: string[] = []
    network.on('packet', ({ protocol }) => protocols.push(protocol))
    send(large())
    await clock.play(10)
    expect(first.last('MESSAGE').via.transport).toBe('UDP')
    expect(protocols).toEqual(['TCP', 'UDP'])
    first.answer(first.last('MESSAGE'), 200)
    await clock.play(10)
    protocols.length = 0
    send(large())
    await clock.play(10)
    expect(protocols).toEqual(['UDP'])
  })

  it('begin behind 1300 bytes, or where they are told to', async () => {
    const sizes = async (options: EndpointOptions) => {
      const { clock, network, send } = await setUp({ a: 'TCP' }, options)
      const sent: { readonly protocol: string; readonly size: number }[] = []
      network.on('packet', ({ protocol, bytes }) => sent.push({ protocol, size: bytes.length }))
      for (let length = 900; length < 1300; length += 10) {
        send(outgoing('MESSAGE', `sip:${A}`, { body: new Uint8Array(length) }))
      }
      await clock.play(10)
      return {
        udp: sent.filter(({ protocol }) => protocol === 'UDP').map(({ size }) => size),
        tcp: sent.filter(({ protocol }) => protocol === 'TCP').map(({ size }) => size),
      }
    }
    const { udp, tcp } = await sizes({})
    expect(Math.max(...udp)).toBeLessThanOrEqual(1300)
    expect(Math.max(...udp)).toBeGreaterThan(1270)
    expect(Math.min(...tcp)).toBeGreaterThan(1280)
    expect((await sizes({ largestDatagram: Number.POSITIVE_INFINITY })).tcp).toEqual([])
  })

  it('stay on UDP where there is no TCP', async () => {
    const clock = new VirtualClock()
    const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
    const endpoint = await Endpoint.start(network.platform(), [network.udp(HERE)])
    const peer = await ScriptedPeer.at(network.udp(A))
    endpoint.send(large(), { onClientRequest: () => {} })
    clock.advance(10)
    expect(peer.heard()).toEqual(['MESSAGE'])
  })

  it('are the ones that credentials have made large, too', async () => {
    const { clock, network, first, send } = await setUp()
    const udp = first
    const tcp = await ScriptedPeer.at(network.tcp(A))
    const authenticate: Authenticate = ({ method, uri, headers, body }) =>
      new SipRequest({ method, uri, headers: headers.clone().set('Authorization', 'x'.repeat(1300)), body })
    send(outgoing('OPTIONS', `sip:${A}`), { authenticate })
    await clock.play(10)
    udp.answer(udp.last('OPTIONS'), 401)
    await clock.play(10)
    expect(tcp.heard()).toEqual(['OPTIONS'])
  })
})

describe('giving up', () => {
  it('by a signal: nothing comes but the end', async () => {
    const { clock, send } = await setUp()
    const abort = new AbortController()
    const { outcome } = send(outgoing('OPTIONS'), { signal: abort.signal })
    await clock.play(10)
    abort.abort()
    expect(outcome()).toEqual(['terminated'])
    expect(send(outgoing('OPTIONS'), { signal: abort.signal }).outcome()).toEqual(['terminated'])
    expect(clock.pending).toBe(0)
  })

  it('by a signal: an INVITE is cancelled', async () => {
    const { clock, first, send } = await setUp()
    const abort = new AbortController()
    const { outcome } = send(outgoing('INVITE'), { signal: abort.signal })
    await clock.play(10)
    first.answer(first.last('INVITE'), 180)
    await clock.play(10)
    abort.abort()
    await clock.play(10)
    expect(first.heard()).toEqual(['INVITE', 'CANCEL'])
    first.answer(first.last('INVITE'), 487)
    await clock.play(10)
    expect(outcome()).toEqual([180, 487])
  })
})

describe('where this end is seen (RFC 3581)', () => {
  /** Has the peer answer as one sees it that is beyond a NAT. */
  async function asked(
    via: string,
    pick: (transports: readonly Transport[]) => Transport | undefined = (all) => all[0],
  ) {
    const world = await setUp({ a: 'UDP' })
    const seen: ObservedAddress[] = []
    world.endpoint.diagnostics.on('observed-address', (observed) => seen.push(observed))
    const ask = async (params: string) => {
      world.send(outgoing('OPTIONS', `sip:${A}`))
      await world.clock.play(10)
      const { branch } = world.first.last('OPTIONS').via
      world.first.answer(world.first.last('OPTIONS'), 200, {
        lines: [`Via: SIP/2.0/UDP ${HERE}:5060;branch=${branch}${params}`],
      })
      await world.clock.play(10)
    }
    await ask(via)
    const address = () => world.endpoint.observedAddress(pick(world.transports))
    return { ...world, seen, ask, address }
  }

  it('is told by received and rport, and is news once', async () => {
    const { seen, ask, address, transports } = await asked(';received=203.0.113.7;rport=61000')
    expect(address()).toEqual({ host: '203.0.113.7', port: 61_000 })
    await ask(';received=203.0.113.7;rport=61000')
    expect(seen).toEqual([
      {
        transport: transports[0],
        address: { host: '203.0.113.7', port: 61_000 },
        previous: undefined,
        peer: { host: A, port: 5060 },
      },
    ])
    await ask(';received=203.0.113.7;rport=61001')
    expect(seen[1]).toMatchObject({ address: { port: 61_001 }, previous: { port: 61_000 } })
  })

  it('is what this end believes where only the port is told', async () => {
    expect((await asked(';rport=5060')).address()).toEqual({ host: HERE, port: 5060 })
  })

  it.each([
    '',
    ';rport',
    ';received=evil.example.com;rport=5060',
    ';received=203.0.113.7;rport=0',
    ';received=203.0.113.7',
  ])('is not to be had from %j', async (params) => {
    const { address, seen } = await asked(params)
    expect(address()).toBeUndefined()
    expect(seen).toEqual([])
  })

  it('changes Contact only where the application says so', async () => {
    const { endpoint, transports, address } = await asked(';received=203.0.113.7;rport=61000')
    const [udp] = transports as [Transport]
    const contact = () =>
      String(endpoint.contact(parseUri('sip:me@example.org'), parseUri('sip:you@192.0.2.1')))
    expect(contact()).toBe(`<sip:me@${HERE}:5060>`)
    endpoint.advertise(udp, address())
    expect(contact()).toBe('<sip:me@203.0.113.7:61000>')
    endpoint.advertise(udp, { host: 'sip.example.org', port: 5060 })
    expect(contact()).toBe('<sip:me@sip.example.org:5060>')
    endpoint.advertise(udp, undefined)
    expect(contact()).toBe(`<sip:me@${HERE}:5060>`)
  })
})
