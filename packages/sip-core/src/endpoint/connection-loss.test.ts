import { describe, expect, it } from 'vitest'
import { NameAddr, parseUri } from '../message/index.ts'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from '../testing/index.ts'
import type { ConnectionPolicy } from '../transport/index.ts'
import type { ClientRequestEvent } from './client-request.ts'
import { createRequest } from './create-request.ts'
import { Endpoint } from './endpoint.ts'

const HERE = '192.0.2.9'
const PEER = '192.0.2.1'

/** An endpoint and a peer with a connection between them, as soon as a request is sent. */
async function setUp(policy?: ConnectionPolicy) {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const transport = network.tcp(HERE, 5060, policy)
  const endpoint = await Endpoint.start(network.platform(), [transport])
  const place = network.tcp(PEER)
  const peer = await ScriptedPeer.at(place)
  const send = (method: string, uri = `sip:${PEER};transport=tcp`) => {
    const events: ClientRequestEvent[] = []
    const me = new NameAddr({ uri: 'sip:me@example.org' }).withParam('tag', 'm1')
    const to = new NameAddr({ uri: 'sip:you@example.com' })
    const request = createRequest({ method, uri: parseUri(uri), from: me, to, callId: method, seq: 1 })
    endpoint.send(request, { onClientRequest: (event) => void events.push(event) })
    return { outcome: () => events.map(short), events }
  }
  return { clock, endpoint, transport, peer, place, send }
}

function short(event: ClientRequestEvent): string | number {
  if (event.type === 'response') return event.received.message.status
  return event.type === 'failed' ? event.error.code : event.type
}

describe('a connection that is lost', () => {
  it('fails the requests that wait for an answer on it, at once', async () => {
    const { clock, place, peer, send } = await setUp()
    const requests = [send('OPTIONS'), send('INVITE'), send('MESSAGE')]
    await clock.play(10)
    peer.answer(peer.last('INVITE'), 180)
    peer.answer(peer.last('MESSAGE'), 200)
    await clock.play(10)
    await place.close()
    await clock.play(10)
    expect(requests.map(({ outcome }) => outcome())).toEqual([
      ['SIP_TRANSPORT', 'terminated'],
      [180, 'SIP_TRANSPORT', 'terminated'],
      [200, 'terminated'],
    ])
  })

  it('is opened anew for the next request', async () => {
    const { clock, transport, peer, send } = await setUp()
    send('OPTIONS')
    await clock.play(10)
    const flow = transport.connect({ host: PEER, port: 5060 })
    flow.close()
    const { outcome } = send('MESSAGE')
    await clock.play(10)
    expect(transport.connect({ host: PEER, port: 5060 })).not.toBe(flow)
    peer.answer(peer.last('MESSAGE'), 200)
    await clock.play(10)
    expect(outcome()).toEqual([200, 'terminated'])
  })
})

describe('a connection over which nothing goes', () => {
  it('stays while a call rings on it', async () => {
    const { clock, transport, peer, send } = await setUp({ idleTimeout: 60_000 })
    const { outcome } = send('INVITE')
    await clock.play(10)
    peer.answer(peer.last('INVITE'), 180)
    const flow = transport.connect({ host: PEER, port: 5060 })
    await clock.play(600_000)
    expect(transport.connect({ host: PEER, port: 5060 })).toBe(flow)
    peer.answer(peer.last('INVITE'), 486)
    await clock.play(120_000)
    expect(outcome()).toEqual([180, 486, 'terminated'])
    expect(transport.connect({ host: PEER, port: 5060 })).not.toBe(flow)
  })
})

describe('sips (RFC 3261 §26.2.2)', () => {
  it('is not sent over TCP, whatever the URI wants', async () => {
    const { clock, peer, send } = await setUp()
    const requests = [send('OPTIONS', `sips:${PEER}`), send('INVITE', `sips:${PEER}:5060;transport=tcp`)]
    await clock.play(40_000)
    expect(requests.map(({ outcome }) => outcome())).toEqual(Array(2).fill(['SIP_TRANSPORT', 'terminated']))
    expect(requests[0]?.events[0]).toMatchObject({ error: { message: expect.stringContaining('TLS') } })
    expect(peer.messages).toEqual([])
  })
})
