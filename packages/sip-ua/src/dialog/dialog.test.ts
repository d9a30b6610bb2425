import {
  type ClientRequestEvent,
  createRequest,
  Endpoint,
  type OutgoingRequest,
  parseNameAddr,
  parseUri,
  type ReceivedRequest,
  SipRequest,
  SipResponse,
} from 'sip-core'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from 'sip-core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Dialog } from './dialog.ts'
import { DialogLayer } from './dialog-layer.ts'
import type { DialogUsage } from './usage.ts'

const HERE = { host: '192.0.2.1', port: 5060 }
const CONTACT = 'Contact: <sip:peer@192.0.2.2>'

let clock: VirtualClock
let endpoint: Endpoint
let layer: DialogLayer
let peer: ScriptedPeer
/** What usages were offered, and took. */
let offered: ReceivedRequest[]

const usage = (): DialogUsage => ({
  name: 'test',
  onDialog: ({ received }) => {
    offered.push(received)
    return true
  },
})

beforeEach(async () => {
  clock = new VirtualClock()
  offered = []
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  endpoint = await Endpoint.start(network.platform(), [network.udp(HERE.host)])
  for (const method of ['INVITE', 'ACK', 'BYE', 'NOTIFY', 'SUBSCRIBE', 'INFO'])
    endpoint.capabilities.methods.add(method)
  layer = DialogLayer.of(endpoint)
  peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
})

/** A dialog that this end begins with `method`, and what came of the request. */
function begin(method = 'INVITE') {
  const dialog = layer.createUac({
    local: parseNameAddr('<sip:alice@example.com>'),
    remote: parseNameAddr('<sip:peer@192.0.2.2>'),
  })
  dialog.attach(usage())
  const events: ClientRequestEvent[] = []
  const sent: OutgoingRequest = dialog.createRequest(method)
  dialog.send(sent, {
    onClientRequest: (event) => events.push(event),
  })
  clock.advance(2)
  return { dialog, sent, request: peer.last(method), events }
}

function answer(request: SipRequest, status: number, ...lines: string[]): void {
  peer.answer(request, status, { lines })
  clock.advance(2)
}

/** A dialog that the peer has begun. */
function begun(...lines: string[]): { dialog: Dialog; received: ReceivedRequest } {
  let received: ReceivedRequest | undefined
  endpoint.use({
    name: 'test',
    priority: 64,
    receive: (message) => {
      if (message.type === 'response' || message.message.to.tag !== undefined) return false
      received = message
      return true
    },
  })
  peer.open('INVITE', HERE, { lines })
  clock.advance(2)
  if (received === undefined) throw new Error('no INVITE came')
  const dialog = layer.createUas(received)
  dialog.attach(usage())
  return { dialog, received }
}

describe('a dialog that this end begins', () => {
  it('is null before an answer, early with a 1xx, confirmed with the 2xx', () => {
    const { dialog, request } = begin()
    expect([dialog.state, dialog.remoteTag]).toEqual(['null', undefined])
    answer(request, 100)
    expect(dialog.state).toBe('null')
    answer(request, 180, CONTACT)
    expect([dialog.state, dialog.remoteTag]).toEqual(['early', 'peer'])
    answer(request, 200, CONTACT)
    expect(dialog.state).toBe('confirmed')
    expect(dialog.id).toEqual({ callId: request.callId, localTag: request.from.tag, remoteTag: 'peer' })
  })

  it('begins with nothing learned but its target', () => {
    const { request } = begin()
    expect(String(request.uri)).toBe('sip:peer@192.0.2.2')
    expect(request.cseq.seq).toBe(1)
    expect(request.headers.has('Route')).toBe(false)
    expect(String(request.contact?.uri)).toBe('sip:alice@192.0.2.1:5060')
  })

  it('takes route set and target from the 2xx, whatever the 1xx said', () => {
    const { dialog, request } = begin()
    answer(request, 180, 'Contact: <sip:early@192.0.2.3>', 'Record-Route: <sip:e.example.com;lr>')
    expect(String(dialog.remoteTarget)).toBe('sip:early@192.0.2.3')
    expect(dialog.routeSet.map(String)).toEqual(['<sip:e.example.com;lr>'])
    answer(request, 200, 'Contact: <sip:late@192.0.2.4>', 'Record-Route: <sip:a.x;lr>, <sip:b.x;lr>')
    const bye = dialog.createRequest('BYE')
    expect(String(bye.uri)).toBe('sip:late@192.0.2.4')
    expect(bye.headers.getAll('Route')).toEqual(['<sip:b.x;lr>', '<sip:a.x;lr>'])
  })

  it('forgets a preset route when the 2xx records none', () => {
    const dialog = layer.createUac({
      local: parseNameAddr('<sip:alice@example.com>'),
      remote: parseNameAddr('<sip:peer@example.com>'),
      route: [parseNameAddr('<sip:192.0.2.2;lr>')],
    })
    dialog.attach(usage())
    dialog.send(dialog.createRequest('INVITE'), { onClientRequest: () => {} })
    clock.advance(2)
    expect(peer.last('INVITE').headers.getAll('Route')).toEqual(['<sip:192.0.2.2;lr>'])
    answer(peer.last('INVITE'), 200, CONTACT)
    expect(dialog.routeSet).toEqual([])
  })

  it('is made by no refusal, and by no 1xx without a tag', () => {
    const { dialog, request } = begin()
    answer(request, 180, 'To: <sip:peer@192.0.2.2>', CONTACT)
    answer(request, 486, CONTACT)
    expect(dialog.state).toBe('null')
  })

  it('is made by a 2xx without a tag (RFC 3261 §12.1.2)', () => {
    const { dialog, request } = begin()
    answer(request, 200, 'To: <sip:peer@192.0.2.2>', 'Contact: <sip:old@192.0.2.2>')
    expect([dialog.state, dialog.remoteTag]).toEqual(['confirmed', undefined])
    expect(String(dialog.remoteTarget)).toBe('sip:old@192.0.2.2')
  })

  it('is made by no answer to a request that makes none', () => {
    const { dialog, request } = begin('INFO')
    answer(request, 200, CONTACT)
    expect(dialog.state).toBe('null')
  })

  it('keeps its peer when another branch answers', () => {
    const { dialog, request } = begin()
    answer(request, 180, CONTACT)
    answer(request, 200, 'To: <sip:peer@192.0.2.2>;tag=other', 'Contact: <sip:other@192.0.2.5>')
    expect([dialog.state, dialog.remoteTag]).toEqual(['early', 'peer'])
    expect(String(dialog.remoteTarget)).toBe('sip:peer@192.0.2.2')
  })

  it('is not moved back by the first 2xx that comes again', () => {
    const { dialog, request } = begin()
    answer(request, 200, CONTACT)
    change(dialog, 'sip:moved@192.0.2.6')
    answer(request, 200, CONTACT)
    expect(String(dialog.remoteTarget)).toBe('sip:moved@192.0.2.6')
  })

  it('has a sibling at another branch, alive once it is used', () => {
    const { dialog, sent, events, request } = begin()
    answer(request, 180, CONTACT)
    answer(
      request,
      200,
      'To: <sip:peer@192.0.2.2>;tag=other',
      'Contact: <sip:o@192.0.2.5>',
      'Record-Route: <sip:o.x;lr>',
    )
    const last = events.at(-1)
    if (last?.type !== 'response') throw new Error('no response')
    const sibling = dialog.fork(sent, last.received)
    expect([sibling.state, sibling.remoteTag, sibling.callId]).toEqual(['confirmed', 'other', dialog.callId])
    expect([String(sibling.remoteTarget), String(sibling.routeSet)]).toEqual([
      'sip:o@192.0.2.5',
      '<sip:o.x;lr>',
    ])
    expect(layer.size).toBe(1)
    sibling.attach(usage())
    expect(layer.find(dialog.callId, dialog.localTag, 'other')).toBe(sibling)
    expect(layer.find(dialog.callId, dialog.localTag, 'peer')).toBe(dialog)
  })
})

/** The peer changes its Contact by a re-INVITE that is accepted. */
function change(dialog: Dialog, to: string, status = 200): void {
  const before = offered.length
  const first = peer.messages.find((message) => message instanceof SipRequest)
  peer.request('INVITE', first as SipRequest, { lines: [`Contact: <${to}>`] })
  clock.advance(2)
  const received = offered[before]
  if (received === undefined) throw new Error('no re-INVITE came')
  dialog.respond(received, status)
  clock.advance(2)
}

describe('a dialog that the peer begins', () => {
  it('has the tags, the target and the route of the request', () => {
    const { dialog, received } = begun(
      'Record-Route: <sip:a.x;lr>, <sip:b.x;lr>',
      'Contact: <sip:desk@192.0.2.7>',
    )
    expect([dialog.role, dialog.state, dialog.remoteTag]).toEqual(['uas', 'early', 'peer'])
    expect(dialog.callId).toBe(received.message.callId)
    const bye = dialog.createRequest('BYE')
    expect(String(bye.uri)).toBe('sip:desk@192.0.2.7')
    expect(bye.headers.getAll('Route')).toEqual(['<sip:a.x;lr>', '<sip:b.x;lr>'])
    expect([bye.from.tag, bye.to.tag, bye.cseq.seq]).toEqual([dialog.localTag, 'peer', 1])
  })

  it('goes through a strict router as such, whoever comes behind it', () => {
    const { dialog } = begun(
      'Record-Route: <sip:192.0.2.2>, <sip:192.0.2.3;lr>',
      'Contact: <sip:desk@192.0.2.7>',
    )
    dialog.send(dialog.createRequest('BYE'), { onClientRequest: () => {} })
    clock.advance(2)
    const bye = peer.last('BYE')
    expect(String(bye.uri)).toBe('sip:192.0.2.2')
    expect(bye.headers.getAll('Route')).toEqual(['<sip:192.0.2.3;lr>', '<sip:desk@192.0.2.7>'])
    dialog.sendAck(dialog.createAck(dialog.createRequest('INVITE')))
    clock.advance(2)
    expect(String(peer.last('ACK').uri)).toBe('sip:192.0.2.2')
  })

  it('answers with its tag, its Contact and the recorded route', () => {
    const { dialog, received } = begun('Record-Route: <sip:a.x;lr>', CONTACT)
    dialog.respond(received, 180)
    clock.advance(2)
    const ringing = peer.messages.at(-1) as SipResponse
    expect(ringing).toBeInstanceOf(SipResponse)
    expect(ringing.to.tag).toBe(dialog.localTag)
    expect(String(ringing.contact?.uri)).toBe('sip:192.0.2.1:5060')
    expect(ringing.headers.getAll('Record-Route')).toEqual(['<sip:a.x;lr>'])
    expect(dialog.createResponse(received, 486).headers.has('Contact')).toBe(false)
    expect(dialog.createResponse(received, 100).headers.has('Contact')).toBe(false)
  })

  it('is confirmed when its user says so', () => {
    const { dialog } = begun(CONTACT)
    dialog.confirm()
    expect(dialog.state).toBe('confirmed')
  })

  it('cannot begin without Contact, or within a dialog', () => {
    const { dialog, received } = begun(CONTACT)
    const { from, to, uri } = received.message
    const request = (tag: string | undefined, contact = true) => {
      const message = createRequest({
        ...{ method: 'INVITE', uri, from, to: to.withParam('tag', tag), callId: 'x', seq: 1 },
        ...(contact ? { contact: from } : {}),
      })
      return { type: 'request', message, flow: received.flow } as const
    }
    expect(() => layer.createUas(request(undefined, false))).toThrow('it has no Contact')
    expect(() => layer.createUas(request('x'))).toThrow('belongs to a dialog already')
    expect(layer.createUas(request(undefined)).localTag).not.toBe(dialog.localTag)
    expect(layer.size).toBe(1)
  })
})

describe('the target', () => {
  it('moves with a 2xx to a request of this end that refreshes it, and with no refusal', () => {
    const { dialog, request } = begin()
    answer(request, 200, CONTACT)
    for (const [status, contact] of [
      [200, 'sip:first@192.0.2.2'],
      [488, 'sip:refused@192.0.2.2'],
      [180, 'sip:provisional@192.0.2.2'],
    ] as const) {
      dialog.send(dialog.createRequest('INVITE'), { onClientRequest: () => {} })
      clock.advance(2)
      answer(
        peer.messages.findLast((m) => m instanceof SipRequest) as SipRequest,
        status,
        `Contact: <${contact}>`,
      )
      expect(String(dialog.remoteTarget)).toBe('sip:first@192.0.2.2')
    }
  })

  it('does not move with a 2xx of somebody else', () => {
    const { dialog, request } = begin()
    answer(request, 200, CONTACT)
    dialog.send(dialog.createRequest('INVITE'), { onClientRequest: () => {} })
    clock.advance(2)
    const again = peer.messages.findLast((message) => message instanceof SipRequest) as SipRequest
    answer(again, 200, 'To: <sip:peer@192.0.2.2>;tag=stranger', 'Contact: <sip:stranger@192.0.2.9>')
    expect(String(dialog.remoteTarget)).toBe('sip:peer@192.0.2.2')
  })

  it('moves with a request of the peer that is accepted, and with none that is refused', () => {
    const { dialog, request } = begin()
    answer(request, 200, CONTACT)
    change(dialog, 'sip:refused@192.0.2.6', 488)
    expect(String(dialog.remoteTarget)).toBe('sip:peer@192.0.2.2')
    change(dialog, 'sip:moved@192.0.2.6')
    expect(String(dialog.remoteTarget)).toBe('sip:moved@192.0.2.6')
  })

  it('does not move with a request that refreshes nothing', () => {
    const { dialog, request } = begin()
    answer(request, 200, CONTACT)
    peer.request('INFO', request, { lines: ['Contact: <sip:x@192.0.2.9>'] })
    clock.advance(2)
    dialog.respond(offered[0] as ReceivedRequest, 200)
    expect(String(dialog.remoteTarget)).toBe('sip:peer@192.0.2.2')
  })
})

describe('the CSeq number', () => {
  it('goes up with each request, and is the INVITE’s in its ACK', () => {
    const { dialog, request } = begin()
    answer(request, 200, CONTACT)
    const invite = dialog.createRequest('INVITE')
    const later = [dialog.createRequest('INFO'), dialog.createRequest('BYE')].map(({ cseq }) => cseq.seq)
    expect([invite.cseq.seq, ...later]).toEqual([2, 3, 4])
    expect(dialog.createAck(invite).cseq).toEqual({ seq: 2, method: 'ACK' })
    invite.headers.set('Authorization', 'Digest a="b"').set('Proxy-Authorization', 'Digest c="d"')
    const { headers } = dialog.createAck(invite)
    expect([headers.get('Authorization'), headers.get('Proxy-Authorization')]).toEqual([
      'Digest a="b"',
      'Digest c="d"',
    ])
    expect(dialog.localSeq).toBe(4)
  })

  it('of the peer may leap, but not go back', () => {
    const { request } = begin()
    answer(request, 200, CONTACT)
    const say = (seq: number) => {
      peer.request('INFO', request, { lines: [`CSeq: ${seq} INFO`] })
      clock.advance(2)
    }
    for (const seq of [7, 7, 4_000_000_000, 8, 3_999_999_999]) say(seq)
    expect(offered.map(({ message }) => message.cseq.seq)).toEqual([7, 7, 4_000_000_000])
    expect(peer.heard()).toEqual(['INVITE', '500 INFO', '500 INFO'])
  })

  it('of an ACK is not looked at', () => {
    const { request } = begin()
    answer(request, 200, CONTACT)
    peer.request('INFO', request, { lines: ['CSeq: 9 INFO'] })
    peer.request('ACK', request, { lines: ['CSeq: 3 ACK'] })
    clock.advance(2)
    expect(offered.map(({ message }) => message.method)).toEqual(['INFO', 'ACK'])
  })

  it('is not learned from a request that nobody took before the peer was known', () => {
    const { dialog, request } = begin('SUBSCRIBE')
    const [only] = dialog.usages
    dialog.attach({ name: 'other', onDialog: () => true })
    dialog.detach(only as DialogUsage)
    peer.request('NOTIFY', request, {
      lines: ['CSeq: 900 NOTIFY', 'From: <sip:peer@192.0.2.2>;tag=stranger'],
    })
    clock.advance(2)
    answer(request, 200, CONTACT)
    dialog.attach(usage())
    dialog.detach(dialog.usages[0] as DialogUsage)
    peer.request('NOTIFY', request, { lines: ['CSeq: 5 NOTIFY'] })
    clock.advance(2)
    expect(offered.map(({ message }) => message.cseq.seq)).toEqual([5])
  })
})

describe('a NOTIFY that outruns the 2xx', () => {
  it('makes the dialog', () => {
    const { dialog, request } = begin('SUBSCRIBE')
    peer.request('NOTIFY', request, { lines: ['Record-Route: <sip:a.x;lr>, <sip:b.x;lr>', 'CSeq: 5 NOTIFY'] })
    clock.advance(2)
    dialog.respond(offered[0] as ReceivedRequest, 200)
    expect([dialog.state, dialog.remoteTag]).toEqual(['confirmed', 'peer'])
    expect(dialog.routeSet.map(String)).toEqual(['<sip:a.x;lr>', '<sip:b.x;lr>'])
    expect(layer.find(dialog.callId, dialog.localTag, 'peer')).toBe(dialog)
    answer(request, 200, CONTACT)
    expect(dialog.routeSet).toHaveLength(2)
    peer.request('NOTIFY', request, { lines: ['CSeq: 4 NOTIFY'] })
    clock.advance(2)
    expect(peer.heard().at(-1)).toBe('500 NOTIFY')
  })
})

describe('a request that is repeated', () => {
  it('is a new one to where the peer is now', () => {
    const { dialog, request } = begin()
    const early = dialog.createRequest('INFO', {
      headers: { 'X-Note': 'kept' },
      body: { type: 'text/plain', content: 'x' },
    })
    answer(request, 200, 'Contact: <sip:moved@192.0.2.6>', 'Record-Route: <sip:a.x;lr>')
    const again = dialog.repeat(early)
    expect([again.cseq.seq, again.to.tag, String(again.uri)]).toEqual([3, 'peer', 'sip:moved@192.0.2.6'])
    expect(again.headers.getAll('Route')).toEqual(['<sip:a.x;lr>'])
    expect([again.headers.get('X-Note'), again.text]).toEqual(['kept', 'x'])
    expect(early.cseq.seq).toBe(2)
  })

  it('was overtaken only if a later one was made', () => {
    const { dialog, request, events } = begin('INFO')
    answer(request, 500)
    const last = events.find((event) => event.type === 'response')
    if (last?.type !== 'response') throw new Error('no response')
    expect(dialog.wasOvertaken(last.received)).toBe(false)
    dialog.createRequest('INFO')
    expect(dialog.wasOvertaken(last.received)).toBe(true)
  })
})

describe('a dialog', () => {
  it('lasts from its first usage to its last', () => {
    const dialog = layer.createUac({ local: parseNameAddr('<sip:a@x>'), remote: parseNameAddr('<sip:b@y>') })
    expect(layer.size).toBe(0)
    const usages = [usage(), usage()] as const
    for (const one of usages) dialog.attach(one)
    dialog.detach(usages[0])
    dialog.detach(usages[0])
    expect([layer.size, dialog.state]).toEqual([1, 'null'])
    dialog.detach(usages[1])
    expect([layer.size, dialog.state]).toEqual([0, 'terminated'])
    expect(() => dialog.attach(usages[0])).toThrow('is terminated')
  })

  it('refuses a header that cannot be sent, and goes on', () => {
    const { dialog } = begin()
    expect(() => dialog.createRequest('INFO', { headers: { 'X-Note': 'a\nb' } })).toThrow('X-Note')
    expect(dialog.createRequest('INFO').cseq.seq).toBeGreaterThan(1)
  })

  it('puts a Contact where it refreshes the target, or as told', () => {
    const { dialog } = begin()
    const has = (method: string, contact?: boolean) =>
      dialog.createRequest(method, contact === undefined ? {} : { contact }).headers.has('Contact')
    const refreshing = ['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']
    expect(refreshing.map((method) => has(method))).toEqual([true, true, true, true, true])
    expect([has('BYE'), has('INFO'), has('INFO', true), has('INVITE', false)]).toEqual([
      false,
      false,
      true,
      false,
    ])
  })

  it('tells its target apart from the peer’s identity', () => {
    const dialog = layer.createUac({
      local: parseNameAddr('<sip:a@x>'),
      remote: parseNameAddr('<sip:b@y>'),
      target: parseUri('sip:b@192.0.2.2;transport=udp?Subject=x'),
    })
    const request = dialog.createRequest('INVITE')
    expect([String(request.uri), String(request.to)]).toEqual(['sip:b@192.0.2.2;transport=udp', '<sip:b@y>'])
  })
})
