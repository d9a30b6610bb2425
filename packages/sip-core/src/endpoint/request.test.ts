import { describe, expect, it } from 'vitest'
import { ArgumentError, TimeoutError, TransportError } from '../base/errors.ts'
import { NameAddr, parseUri, type SipUri } from '../message/index.ts'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from '../testing/index.ts'
import { createRequest } from './create-request.ts'
import { Endpoint } from './endpoint.ts'
import { RejectedError } from './rejected-error.ts'

const uri = parseUri('sip:you@192.0.2.1') as SipUri
const from = new NameAddr({ uri: 'sip:me@example.org' })

async function setUp() {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const endpoint = await Endpoint.start(network.platform(), [network.udp('192.0.2.9')])
  const peer = await ScriptedPeer.at(network.udp('192.0.2.1'))
  return { clock, endpoint, peer }
}

describe('Endpoint.request', () => {
  it('fills in what is missing, and brings the 2xx', async () => {
    const { clock, endpoint, peer } = await setUp()
    const answer = endpoint.request({ method: 'OPTIONS', uri, from })
    await clock.play(10)
    const request = peer.last('OPTIONS')
    expect(request.from.tag).toHaveLength(16)
    expect(String(request.to)).toBe('<sip:you@192.0.2.1>')
    expect(request.callId).toHaveLength(24)
    expect(request.cseq).toEqual({ seq: 1, method: 'OPTIONS' })
    peer.answer(request, 100)
    peer.answer(request, 204)
    await clock.play(10)
    expect((await answer).status).toBe(204)
  })

  it('sends what is given as it is', async () => {
    const { clock, endpoint, peer } = await setUp()
    const to = new NameAddr({ uri: 'sip:all@example.com' })
    endpoint.request({
      method: 'OPTIONS',
      uri,
      from: from.withParam('tag', 'mine'),
      to,
      callId: 'mine',
      seq: 7,
    })
    await clock.play(10)
    expect(peer.last('OPTIONS')).toMatchObject({ callId: 'mine', cseq: { seq: 7 } })
    expect(String(peer.last('OPTIONS').to)).toBe('<sip:all@example.com>')
    expect(peer.last('OPTIONS').from.tag).toBe('mine')
    endpoint.request(createRequest({ method: 'INFO', uri, from, to, callId: 'built', seq: 3 }))
    await clock.play(10)
    expect(peer.last('INFO')).toMatchObject({ callId: 'built', cseq: { seq: 3 } })
  })

  it('throws what came of it else', async () => {
    const { clock, endpoint, peer } = await setUp()
    const rejected = endpoint.request({ method: 'OPTIONS', uri, from }).catch((error: unknown) => error)
    await clock.play(10)
    peer.answer(peer.last('OPTIONS'), 404)
    await clock.play(10)
    expect(await rejected).toBeInstanceOf(RejectedError)
    expect(await rejected).toMatchObject({ code: 'SIP_REJECTED', response: { status: 404 } })

    const silent = endpoint.request({ method: 'OPTIONS', uri, from }).catch((error: unknown) => error)
    await clock.play(33_000)
    expect(await silent).toBeInstanceOf(TimeoutError)

    const nowhere = endpoint.request({
      method: 'OPTIONS',
      uri: uri.with({ params: { transport: 'tcp' } }),
      from,
    })
    await expect(nowhere).rejects.toBeInstanceOf(TransportError)
  })

  it.each(['INVITE', 'ACK', 'CANCEL'])('is not for %s', async (method) => {
    const { endpoint, peer } = await setUp()
    await expect(endpoint.request({ method, uri, from })).rejects.toBeInstanceOf(ArgumentError)
    expect(peer.messages).toEqual([])
  })

  it('refuses what cannot be written', async () => {
    const { endpoint } = await setUp()
    const evil = { method: 'OPTIONS', uri, from, headers: { Subject: 'a\r\nb' } }
    await expect(endpoint.request(evil)).rejects.toBeInstanceOf(ArgumentError)
  })

  it('is given up by its signal', async () => {
    const { clock, endpoint, peer } = await setUp()
    const abort = new AbortController()
    const reason = new Error('enough')
    const waiting = endpoint.request({ method: 'OPTIONS', uri, from }, { signal: abort.signal })
    await clock.play(10)
    abort.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(endpoint.transactions.size).toBe(0)
    await expect(endpoint.request({ method: 'INFO', uri, from }, { signal: abort.signal })).rejects.toBe(
      reason,
    )
    await clock.play(10)
    expect(peer.heard()).toEqual(['OPTIONS'])
  })

  it('ends with the endpoint', async () => {
    const { clock, endpoint } = await setUp()
    const waiting = endpoint.request({ method: 'OPTIONS', uri, from }).catch((error: unknown) => error)
    await clock.play(10)
    await endpoint.close()
    expect(await waiting).toMatchObject({ code: 'SIP_CLOSED' })
  })
})
