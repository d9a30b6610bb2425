import { describe, expect, it, onTestFinished } from 'vitest'
import { StateError } from '../base/errors.ts'
import { Endpoint, type EndpointOptions } from '../endpoint/index.ts'
import { parseNameAddr, parseUri, type SipRequest } from '../message/index.ts'
import { LoopNetwork, type ScriptedInit, ScriptedPeer, SeededRandom, VirtualClock } from '../testing/index.ts'
import { ProxyCore, type ProxyOptions } from './proxy-core.ts'
import type { ProxySession } from './session.ts'
import type { CandidateInit } from './target-set.ts'

const PROXY = { host: '192.0.2.9', port: 5060 }

/** A proxy for example.com with a caller and phones around it; what it does is in `decide`. */
async function setUp(options: ProxyOptions = {}, endpointOptions: EndpointOptions = {}) {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const transports = [network.udp(PROXY.host), network.tcp(PROXY.host)]
  const endpoint = await Endpoint.start(network.platform(), transports, endpointOptions)
  const proxy = new ProxyCore(endpoint, { domains: ['example.com'], ...options })
  const peer = (host: string, tcp = false) => ScriptedPeer.at(tcp ? network.tcp(host) : network.udp(host))
  const [caller, desk, mobile] = [await peer('192.0.2.1'), await peer('192.0.2.2'), await peer('192.0.2.3')]
  const sessions: ProxySession[] = []
  const rig = {
    clock,
    network,
    endpoint,
    proxy,
    peer,
    caller,
    desk,
    mobile,
    sessions,
    decide: (session: ProxySession) => session.forward([DESK]),
    /** The caller asks for `sip:bob@example.com`. */
    call(method = 'INVITE', { lines = [] }: ScriptedInit = {}) {
      caller.open(method, PROXY, { uri: 'sip:bob@example.com', lines })
      clock.advance(5)
    },
    /** The caller takes back what it asked last. */
    cancel() {
      const invite = `${sessions.at(-1)?.request.via}`
      const { seq } = sessions.at(-1)?.request.cseq ?? { seq: 0 }
      caller.open('CANCEL', PROXY, { lines: [`Via: ${invite}`, `CSeq: ${seq} CANCEL`] })
      clock.advance(5)
    },
    answer(phone: ScriptedPeer, status: number, init: ScriptedInit = {}) {
      phone.answer(phone.last('INVITE'), status, init)
      clock.advance(5)
    },
  }
  proxy.on('request', (session) => {
    sessions.push(session)
    rig.decide(session)
  })
  onTestFinished(() => endpoint.close())
  return rig
}

const candidate = (uri: string, q?: number): CandidateInit => ({ uri: parseUri(uri), q })
const DESK = candidate('sip:bob@192.0.2.2')
const MOBILE = candidate('sip:bob@192.0.2.3')
const LATER = candidate('sip:bob@192.0.2.3', 0.5)

describe('a request that is forwarded', () => {
  it('is answered with 100 at once, and what the callee says goes back', async () => {
    const { call, answer, caller, desk, clock } = await setUp()
    call()
    expect(caller.heard()).toEqual(['100 INVITE'])
    const invite = desk.last('INVITE')
    expect(`${invite.uri}`).toBe('sip:bob@192.0.2.2')
    expect(invite.headers.get('Max-Forwards')).toBe('70')
    expect(invite.headers.get('Max-Breadth')).toBe('60')
    expect(invite.headers.has('Record-Route')).toBe(false)
    expect(invite.headers.getAll('Via').map((via) => via.slice(0, 27))).toEqual([
      'SIP/2.0/UDP 192.0.2.9:5060;',
      'SIP/2.0/UDP 192.0.2.1:5060;',
    ])
    answer(desk, 100)
    answer(desk, 180)
    answer(desk, 183)
    answer(desk, 200, { lines: ['X-Mine: yes'] })
    expect(caller.heard()).toEqual(['180 INVITE', '183 INVITE', '200 INVITE'])
    const ok = caller.lastAnswer('INVITE')
    expect(ok.headers.getAll('Via')).toHaveLength(1)
    expect(ok.headers.get('X-Mine')).toBe('yes')
    answer(desk, 200)
    expect(caller.heard()).toEqual(['200 INVITE'])
    clock.advance(40_000)
    expect(clock.pending).toBe(0)
  })

  it('says nothing of the proxy itself as a user agent', async () => {
    const { call, desk } = await setUp({}, { userAgent: 'proxy/1' })
    call()
    expect(desk.last('INVITE').headers.has('User-Agent')).toBe(false)
  })

  it('may be another than INVITE: no 100, one answer', async () => {
    const { call, caller, desk, clock } = await setUp()
    call('MESSAGE')
    const message = desk.last('MESSAGE')
    desk.answer(message, 180)
    desk.answer(message, 200)
    clock.advance(5)
    expect(caller.heard()).toEqual(['200 MESSAGE'])
  })

  it('takes the ACK to a 2xx along, and each of the same comes as the same', async () => {
    const { call, answer, caller, desk, clock } = await setUp()
    call()
    answer(desk, 200)
    const lines = [
      'Call-ID: call',
      'To: <sip:bob@example.com>;tag=peer',
      'Route: <sip:192.0.2.9;lr>',
      'CSeq: 1 ACK',
      'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKack;rport',
    ]
    const ack = (uri: string) => caller.open('ACK', PROXY, { lines, uri })
    ack('sip:bob@192.0.2.2')
    ack('sip:bob@192.0.2.2')
    clock.advance(5)
    const acks = desk.messages.filter(
      (message): message is SipRequest => message.kind === 'request' && message.method === 'ACK',
    )
    expect(acks).toHaveLength(2)
    expect(`${acks[0]?.via}`).toBe(`${acks[1]?.via}`)
    expect(acks[0]?.headers.has('Route')).toBe(false)
    ack('sip:bob@example.com')
    clock.advance(5)
    expect(desk.heard()).toEqual(['INVITE', 'ACK', 'ACK'])
  })

  it('has its dialog come by again where the proxy is told to', async () => {
    const { call, desk } = await setUp({ recordRoute: true })
    call()
    expect(desk.last('INVITE').headers.getAll('Record-Route')).toEqual(['<sip:192.0.2.9:5060;lr>'])
    call('MESSAGE')
    expect(desk.last('MESSAGE').headers.has('Record-Route')).toBe(false)
  })

  it('finds it again by the address that peers are told', async () => {
    const { call, desk, endpoint, caller, clock, sessions } = await setUp({ recordRoute: true })
    const [udp] = endpoint.transports.transports
    if (udp !== undefined) endpoint.advertise(udp, { host: 'outer.example.org', port: 5099 })
    call()
    const routes = desk.last('INVITE').headers.getAll('Record-Route')
    expect(routes).toEqual(['<sip:outer.example.org:5099;lr>'])
    caller.open('MESSAGE', PROXY, { uri: 'sip:bob@192.0.2.2', lines: [`Route: ${routes[0]}`] })
    clock.advance(5)
    expect(sessions.at(-1)?.routing).toMatchObject({ routed: true, route: [] })
  })

  it('names both sides of a proxy between two transports (RFC 5658)', async () => {
    const rig = await setUp({ recordRoute: true })
    const far = await rig.peer('192.0.2.4', true)
    rig.decide = (session) => session.forward([candidate('sip:bob@192.0.2.4;transport=tcp')])
    rig.call()
    expect(far.last('INVITE').headers.getAll('Record-Route')).toEqual([
      '<sip:192.0.2.9:5060;transport=tcp;lr>',
      '<sip:192.0.2.9:5060;lr>',
    ])
  })

  it('takes the routes of its target first, then those of its own', async () => {
    const rig = await setUp()
    rig.decide = (session) =>
      session.forward([
        { ...DESK, uri: parseUri('sip:bob@far.example.com'), route: [parseNameAddr('<sip:192.0.2.2;lr>')] },
      ])
    rig.call('MESSAGE', { lines: ['Route: <sip:192.0.2.9;lr>, <sip:next.example.com;lr>'] })
    const message = rig.desk.last('MESSAGE')
    expect(`${message.uri}`).toBe('sip:bob@far.example.com')
    expect(message.headers.getAll('Route')).toEqual(['<sip:192.0.2.2;lr>', '<sip:next.example.com;lr>'])
  })

  it('goes where it says when the proxy names no target', async () => {
    const rig = await setUp()
    rig.decide = (session) => session.forward()
    rig.caller.open('MESSAGE', PROXY, { uri: 'sip:carol@192.0.2.3' })
    rig.clock.advance(5)
    expect(rig.sessions[0]?.isForHere).toBe(false)
    expect(rig.mobile.heard()).toEqual(['MESSAGE'])
  })
})

describe('several targets', () => {
  it('are tried at a time; a 2xx ends the others, and every 2xx goes back', async () => {
    const rig = await setUp()
    const { call, answer, caller, desk, mobile } = rig
    rig.decide = (session) => session.forward([DESK, MOBILE])
    call()
    expect(desk.last('INVITE').headers.get('Max-Breadth')).toBe('30')
    answer(desk, 180)
    answer(mobile, 180)
    answer(mobile, 200)
    expect(desk.heard()).toEqual(['INVITE', 'CANCEL'])
    expect(mobile.heard()).toEqual(['INVITE'])
    answer(desk, 200, { lines: ['To: <sip:bob@example.com>;tag=other'] })
    answer(mobile, 200)
    expect(caller.heard()).toEqual([
      ...['100', '180', '180', '200', '200', '200'].map((status) => `${status} INVITE`),
    ])
    expect(rig.sessions[0]?.state).toBe('answered')
    rig.clock.advance(70_000)
    expect(rig.sessions[0]?.state).toBe('over')
    expect(rig.clock.pending).toBe(0)
  })

  it('that are preferred less come when the better ones have refused', async () => {
    const rig = await setUp()
    const { call, answer, caller, desk, mobile } = rig
    rig.decide = (session) => session.forward([LATER, DESK])
    call()
    expect(mobile.heard()).toEqual([])
    answer(desk, 486)
    expect(mobile.heard()).toEqual(['INVITE'])
    answer(mobile, 404)
    expect(caller.heard()).toEqual(['100 INVITE', '486 INVITE'])
    expect(desk.heard()).toEqual(['INVITE', 'ACK'])
  })

  it('are given up for the next ones when they ring too long', async () => {
    const rig = await setUp({ ringTimeout: 20_000 })
    const { call, answer, caller, desk, mobile, clock } = rig
    rig.decide = (session) => session.forward([LATER, DESK])
    call()
    answer(desk, 180)
    clock.advance(20_000)
    expect(desk.heard()).toEqual(['INVITE', 'CANCEL'])
    expect(mobile.heard()).toEqual([])
    answer(desk, 487)
    answer(mobile, 200)
    expect(caller.heard()).toEqual(['100 INVITE', '180 INVITE', '200 INVITE'])
  })

  it('are all ended by a 6xx, which goes back when they are', async () => {
    const rig = await setUp()
    const { call, answer, caller, desk, mobile } = rig
    rig.decide = (session) => session.forward([DESK, MOBILE, candidate('sip:bob@192.0.2.5', 0.1)])
    call()
    answer(desk, 180)
    answer(mobile, 603)
    expect(desk.heard()).toEqual(['INVITE', 'CANCEL'])
    answer(desk, 183)
    expect(caller.heard()).toEqual(['100 INVITE', '180 INVITE'])
    answer(desk, 487)
    expect(caller.heard()).toEqual(['603 INVITE'])
  })

  it('may be quicker with a 2xx than the 6xx of another', async () => {
    const rig = await setUp()
    const { call, answer, caller, desk, mobile } = rig
    rig.decide = (session) => session.forward([DESK, MOBILE])
    call()
    answer(mobile, 603)
    answer(desk, 200)
    expect(caller.heard()).toEqual(['100 INVITE', '200 INVITE'])
  })

  it('answer with all the challenges that any of them has', async () => {
    const rig = await setUp()
    const { call, answer, caller, desk, mobile } = rig
    rig.decide = (session) => session.forward([DESK, MOBILE])
    call()
    answer(desk, 401, { lines: ['WWW-Authenticate: Digest realm="a", nonce="1"'] })
    answer(mobile, 407, { lines: ['Proxy-Authenticate: Digest realm="b", nonce="2"'] })
    const refusal = caller.lastAnswer('INVITE')
    expect(refusal.headers.get('WWW-Authenticate')).toContain('realm="a"')
    expect(refusal.headers.get('Proxy-Authenticate')).toContain('realm="b"')
  })

  it('are tried one after the other where the breadth is not enough, and not at all with none', async () => {
    const rig = await setUp()
    const { call, answer, caller, desk, mobile } = rig
    rig.decide = (session) => session.forward([DESK, MOBILE])
    call('INVITE', { lines: ['Max-Breadth: 1'] })
    expect(mobile.heard()).toEqual([])
    answer(desk, 486)
    expect(mobile.last('INVITE').headers.get('Max-Breadth')).toBe('1')
    answer(mobile, 486)
    call('INVITE', { lines: ['Max-Breadth: 0'] })
    expect(caller.heard()).toEqual(['100 INVITE', '486 INVITE', '440 INVITE'])
  })

  it('none at all: 480', async () => {
    const rig = await setUp()
    rig.decide = (session) => session.forward([])
    rig.call()
    expect(rig.caller.heard()).toEqual(['480 INVITE'])
  })

  it('that other forks cannot have: of anything but an INVITE one 2xx goes back', async () => {
    const rig = await setUp()
    rig.decide = (session) => session.forward([DESK, MOBILE])
    rig.call('MESSAGE')
    rig.desk.answer(rig.desk.last('MESSAGE'), 200)
    rig.mobile.answer(rig.mobile.last('MESSAGE'), 202)
    rig.clock.advance(5)
    expect(rig.caller.heard()).toEqual(['200 MESSAGE'])
  })
})

describe('a redirection', () => {
  const to = (contacts: string) => ({ lines: [`Contact: ${contacts}`] })

  it('is followed', async () => {
    const { call, answer, caller, desk, mobile } = await setUp()
    call()
    answer(desk, 302, to('<sip:bob@192.0.2.3?Subject=x>'))
    expect(`${mobile.last('INVITE').uri}`).toBe('sip:bob@192.0.2.3')
    answer(mobile, 200)
    expect(caller.heard()).toEqual(['100 INVITE', '200 INVITE'])
  })

  it('does not hide the answer of where it leads', async () => {
    const { call, answer, caller, desk, mobile } = await setUp()
    call()
    answer(desk, 302, to('<sip:bob@192.0.2.3>'))
    answer(mobile, 486)
    expect(caller.heard()).toEqual(['100 INVITE', '486 INVITE'])
  })

  it('goes back with what could not be followed', async () => {
    const { call, answer, caller, desk, mobile } = await setUp()
    call()
    answer(desk, 302, to('<sip:bob@192.0.2.3>, <mailto:bob@example.com>'))
    answer(mobile, 486)
    expect(caller.heard()).toEqual(['100 INVITE', '302 INVITE'])
    expect(caller.lastAnswer('INVITE').headers.getAll('Contact')).toEqual(['<mailto:bob@example.com>'])
  })

  it('in circles ends', async () => {
    const { call, answer, caller, desk } = await setUp()
    call()
    answer(desk, 302, to('<sip:bob@192.0.2.2>'))
    expect(caller.heard()).toEqual(['100 INVITE', '302 INVITE'])
  })

  it('goes back where the proxy is told to', async () => {
    const { call, answer, caller, desk, mobile } = await setUp({ recurse: false })
    call()
    answer(desk, 302, to('<sip:bob@192.0.2.3>'))
    expect(caller.heard()).toEqual(['100 INVITE', '302 INVITE'])
    expect(mobile.heard()).toEqual([])
  })
})

describe('a caller that cancels', () => {
  it('has everything cancelled that rings, and hears of it from there', async () => {
    const rig = await setUp()
    const { call, answer, cancel, caller, desk, mobile } = rig
    rig.decide = (session) => session.forward([DESK, LATER])
    call()
    answer(desk, 180)
    cancel()
    expect(caller.heard()).toEqual(['100 INVITE', '180 INVITE', '200 CANCEL'])
    expect(desk.heard()).toEqual(['INVITE', 'CANCEL'])
    expect(`${desk.last('CANCEL').via}`).toBe(`${desk.last('INVITE').via}`)
    answer(desk, 487)
    expect(caller.heard()).toEqual(['487 INVITE'])
    expect(mobile.heard()).toEqual([])
  })

  it('has the CANCEL wait where nothing was heard yet (RFC 3261 §9.1)', async () => {
    const { call, answer, cancel, caller, desk } = await setUp()
    call()
    cancel()
    expect(desk.heard()).toEqual(['INVITE'])
    answer(desk, 100)
    expect(desk.heard()).toEqual(['CANCEL'])
    answer(desk, 487)
    expect(caller.heard()).toEqual(['100 INVITE', '200 CANCEL', '487 INVITE'])
  })

  it('is not kept waiting for ever by a phone that says nothing to it', async () => {
    const { call, answer, cancel, caller, desk, clock, sessions } = await setUp()
    call()
    answer(desk, 180)
    cancel()
    caller.heard()
    clock.advance(31_000)
    expect(caller.heard()).toEqual([])
    clock.advance(1000)
    expect(caller.heard()).toEqual(['487 INVITE'])
    clock.advance(40_000)
    expect([sessions[0]?.state, clock.pending]).toEqual(['over', 0])
  })

  it('may be too late', async () => {
    const { call, answer, cancel, caller, desk } = await setUp()
    call()
    answer(desk, 200)
    cancel()
    expect(caller.heard()).toEqual(['100 INVITE', '200 INVITE', '200 CANCEL'])
    expect(desk.heard()).toEqual(['INVITE'])
  })

  it('may come before the proxy knows what to do, which is of no use then', async () => {
    const rig = await setUp()
    rig.decide = () => {}
    rig.call()
    rig.cancel()
    expect(rig.caller.heard()).toEqual(['200 CANCEL', '487 INVITE'])
    rig.sessions[0]?.forward([DESK])
    rig.sessions[0]?.respond(404)
    rig.clock.advance(5)
    expect(rig.desk.heard()).toEqual([])
  })

  it('finds nothing to cancel: 481', async () => {
    const rig = await setUp()
    rig.caller.open('CANCEL', PROXY)
    rig.clock.advance(5)
    expect(rig.caller.heard()).toEqual(['481 CANCEL'])
  })
})

describe('a phone that does not answer', () => {
  it('counts as 408 when nothing is heard of it', async () => {
    const { call, caller, clock } = await setUp()
    call()
    clock.advance(31_990)
    expect(caller.heard()).toEqual(['100 INVITE'])
    clock.advance(20)
    expect(caller.heard()).toEqual(['408 INVITE'])
  })

  it('leaves whoever asked for anything but an INVITE without an answer (RFC 4320)', async () => {
    const { call, caller, clock, sessions } = await setUp()
    call('MESSAGE')
    clock.advance(70_000)
    expect(caller.heard()).toEqual(['100 MESSAGE'])
    expect(sessions[0]?.state).toBe('over')
    expect(clock.pending).toBe(0)
  })

  it('is cancelled by timer C, which begins anew with each 1xx but 100', async () => {
    const { call, answer, caller, desk, clock } = await setUp()
    call()
    clock.advance(1000)
    answer(desk, 180)
    clock.advance(184_000)
    answer(desk, 180)
    clock.advance(100_000)
    answer(desk, 100)
    clock.advance(84_000)
    expect(desk.heard()).toEqual(['INVITE', 'INVITE'])
    clock.advance(1000)
    expect(desk.heard()).toEqual(['CANCEL'])
    caller.heard()
    answer(desk, 487)
    expect(caller.heard()).toEqual(['408 INVITE'])
  })

  it('may answer when timer C has just fired', async () => {
    const { call, answer, caller, desk, clock } = await setUp({ timerC: 10_000 })
    call()
    answer(desk, 180)
    clock.advance(10_000)
    caller.heard()
    answer(desk, 200)
    expect(caller.heard()).toEqual(['200 INVITE'])
  })

  it('counts as 408 when it says nothing to the CANCEL of timer C', async () => {
    const { call, answer, caller, desk, clock } = await setUp({ timerC: 10_000 })
    call()
    answer(desk, 180)
    caller.heard()
    clock.advance(42_000)
    expect(caller.heard()).toEqual(['408 INVITE'])
  })

  it('counts as 503 where it cannot be reached, which is 500 to the caller (RFC 3261 §16.9)', async () => {
    const rig = await setUp()
    rig.decide = (session) => session.forward([candidate('sip:bob@192.0.2.77;transport=tcp')])
    rig.call()
    rig.clock.advance(100)
    expect(rig.caller.heard()).toEqual(['100 INVITE', '500 INVITE'])
  })
})

describe('what may not be forwarded', () => {
  it.each([
    ['a request with no hops left', 'INVITE', ['Max-Forwards: 0'], '483 INVITE'],
    ['a request for what the proxy cannot do', 'INVITE', ['Proxy-Require: foo'], '420 INVITE'],
  ])('%s', async (_, method, lines, expected) => {
    const { call, caller, desk } = await setUp()
    call(method, { lines })
    expect(caller.heard()).toEqual([expected])
    expect(desk.heard()).toEqual([])
  })

  it('OPTIONS with no hops left is for the proxy itself (RFC 3261 §16.3)', async () => {
    const { call, caller } = await setUp()
    call('OPTIONS', { lines: ['Max-Forwards: 0'] })
    expect(caller.heard()).toEqual(['200 OPTIONS'])
    expect(caller.lastAnswer('OPTIONS').headers.has('Allow')).toBe(true)
  })

  it('a loop, which is found when it closes', async () => {
    const rig = await setUp()
    rig.decide = (session) => session.forward([candidate('sip:bob@192.0.2.9')])
    rig.call()
    rig.clock.advance(50)
    expect(rig.caller.heard()).toEqual(['100 INVITE', '482 INVITE'])
    expect(rig.sessions.length).toBeLessThan(4)
  })

  it('a spiral may: the request comes back for somebody else', async () => {
    const rig = await setUp()
    rig.decide = (session) => {
      const { uri } = session
      const isFirst = uri.type === 'sip' && uri.host !== '192.0.2.9'
      session.forward([isFirst ? candidate('sip:joe@192.0.2.9') : DESK])
    }
    rig.caller.open('INVITE', PROXY, { uri: 'sip:bob@example.com' })
    rig.clock.advance(20)
    expect(rig.desk.heard()).toEqual(['INVITE'])
    expect(rig.desk.last('INVITE').headers.getAll('Via')).toHaveLength(3)
  })
})

describe('the application', () => {
  it('may answer itself, once', async () => {
    const rig = await setUp()
    rig.decide = (session) => session.respond(302, { headers: { Contact: '<sip:bob@192.0.2.3>' } })
    rig.call()
    expect(rig.caller.heard()).toEqual(['302 INVITE'])
    expect(() => rig.sessions[0]?.respond(100)).toThrow(/answers nothing/)
    rig.decide = (session) => session.forward([DESK])
    rig.call()
    expect(() => rig.sessions[1]?.forward([DESK])).toThrow(StateError)
    expect(() => rig.sessions[1]?.respond(404)).toThrow(StateError)
  })

  it('may add to what goes to either side', async () => {
    const rig = await setUp()
    rig.decide = (session) => {
      session.on('response', ({ headers }) => headers.set('X-Seen', 'yes'))
      session.forward([DESK], { headers: { 'X-Asserted': 'alice' } })
    }
    rig.call()
    expect(rig.desk.last('INVITE').headers.get('X-Asserted')).toBe('alice')
    rig.answer(rig.desk, 180)
    expect(rig.caller.lastAnswer('INVITE').headers.get('X-Seen')).toBe('yes')
  })

  it('is told of what it cannot write before anything has happened', async () => {
    const rig = await setUp()
    rig.decide = () => {}
    rig.call()
    const [session] = rig.sessions
    expect(() => session?.forward([DESK], { headers: { 'X-A': 'a\r\nb' } })).toThrow(/line break/)
    expect(session?.state).toBe('deciding')
    session?.forward([DESK])
    rig.clock.advance(5)
    expect(rig.desk.heard()).toEqual(['INVITE'])
  })

  it('may add targets while others are tried, and take the request back', async () => {
    const rig = await setUp()
    rig.call()
    const [session] = rig.sessions
    session?.targets.add(LATER)
    rig.answer(rig.desk, 486)
    rig.answer(rig.mobile, 180)
    session?.cancel()
    rig.clock.advance(5)
    expect(rig.mobile.heard()).toEqual(['INVITE', 'CANCEL'])
  })

  it('has no proxy where nobody listens for requests', async () => {
    const rig = await setUp()
    const endpoint = await Endpoint.start(rig.network.platform(), [rig.network.udp('192.0.2.8')])
    new ProxyCore(endpoint)
    rig.caller.open('MESSAGE', { host: '192.0.2.8', port: 5060 })
    rig.clock.advance(5)
    expect(rig.caller.heard()).toEqual(['405 MESSAGE'])
    await endpoint.close()
  })
})
