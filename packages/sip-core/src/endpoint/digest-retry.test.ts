import { describe, expect, it, vi } from 'vitest'
import {
  type Credentials,
  DigestAuthenticator,
  type DigestAuthenticatorInit,
  DigestClient,
  type DigestUser,
} from '../auth/index.ts'
import { NameAddr, parseUri, type SipRequest } from '../message/index.ts'
import { LoopNetwork, SeededRandom, TableDns, VirtualClock } from '../testing/index.ts'
import type { ClientRequestEvent } from './client-request.ts'
import { createRequest } from './create-request.ts'
import { Endpoint } from './endpoint.ts'
import type { SendOptions } from './sender.ts'

const ALICE = { username: 'alice', password: 'secret' }

/** An endpoint, and servers that let nobody pass who has not proved that he is Alice. */
async function setUp(init: Partial<DigestAuthenticatorInit<DigestUser>> = {}, hosts = ['192.0.2.1']) {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const srv = { '_sip._udp.example.com': hosts.map((_, i) => `${i} 0 5060 h${i}.example.com`) }
  const address = Object.fromEntries(hosts.map((host, i) => [`h${i}.example.com`, [host]]))
  const dns = new TableDns({ srv, address })
  const endpoint = await Endpoint.start({ ...network.platform(), dns }, [network.udp('192.0.2.9')])
  const seen: SipRequest[] = []
  const servers = await Promise.all(
    hosts.map(async (host) => {
      const server = await Endpoint.start(network.platform(), [network.udp(host)])
      const { random } = server
      const lookup = ({ username }: { username: string }): DigestUser | undefined =>
        username === 'alice' ? ALICE : undefined
      const authenticator = new DigestAuthenticator({ clock, random, realm: 'r', lookup, ...init })
      const state = { refuses: false }
      server.use({
        name: 'registrar',
        priority: 64,
        receive(received) {
          if (received.type === 'response') return false
          seen.push(received.message)
          const verdict = authenticator.verify(received)
          if (verdict instanceof Promise) throw new Error()
          if (verdict.type !== 'ok') server.respond(received, verdict.status, verdict)
          else if (state.refuses) server.respond(received, 503, { headers: { 'Retry-After': '60' } })
          else server.respond(received, 200, { headers: verdict.confirm() })
          return true
        },
      })
      return state
    }),
  )
  const send = async (options: SendOptions, seq = 1) => {
    const uri = parseUri('sip:example.com;transport=udp')
    const me = new NameAddr({ uri: parseUri('sip:alice@example.com') })
    const from = me.withParam('tag', 'm1')
    const request = createRequest({ method: 'REGISTER', uri, from, to: me, callId: 'c1', seq })
    const events: ClientRequestEvent[] = []
    const handle = endpoint.send(request, { onClientRequest: (event) => void events.push(event) }, options)
    await clock.play(100)
    const [last] = events.filter((event) => event.type === 'response').slice(-1)
    return { handle, status: last?.received.message.status, heard: events.length }
  }
  return { clock, endpoint, servers, send, seen }
}

describe('a request with credentials', () => {
  it('comes back with its outcome only', async () => {
    const { send, seen } = await setUp()
    const { status, handle, heard } = await send({ credentials: ALICE })
    expect([status, handle.request.cseq.seq, heard]).toEqual([200, 2, 1])
    expect(seen.map(({ cseq }) => cseq.seq)).toEqual([1, 2])
  })

  it('counts as it is told', async () => {
    const { send } = await setUp()
    const nextSeq = vi.fn(() => 42)
    const { handle } = await send({ credentials: ALICE, nextSeq })
    expect(handle.request.cseq.seq).toBe(42)
    expect(nextSeq.mock.calls).toMatchObject([[{ method: 'REGISTER' }]])
  })

  it('gives up where they are wrong, or there are none', async () => {
    const { send, seen } = await setUp()
    expect((await send({ credentials: { ...ALICE, password: 'x' } })).status).toBe(403)
    expect(seen).toHaveLength(2)
    expect((await send({ credentials: () => undefined }, 10)).status).toBe(401)
    expect((await send({}, 20)).status).toBe(401)
    expect(seen).toHaveLength(4)
  })

  it('waits for credentials', async () => {
    const { send, clock } = await setUp()
    const found: ((credentials: Credentials) => void)[] = []
    const { handle, heard } = await send({ credentials: () => new Promise((resolve) => found.push(resolve)) })
    await clock.play(100_000)
    expect([handle.state, heard]).toEqual(['asking', 0])
    found[0]?.(ALICE)
    await clock.play(100)
    expect(handle.state).toBe('answered')
  })
})

describe('requests that share a client', () => {
  it('are challenged once, and renew the nonce by what the responses say', async () => {
    const { send, seen, endpoint, clock } = await setUp({ lifetime: 10_000 })
    const credentials = new DigestClient({ credentials: ALICE, random: endpoint.random })
    for (let seq = 1; seq < 20; seq += 2) {
      expect((await send({ credentials }, seq)).status).toBe(200)
      await clock.play(6000)
    }
    expect(seen).toHaveLength(11)
  })

  it('are challenged again when they have waited too long', async () => {
    const { send, seen, endpoint, clock } = await setUp({ lifetime: 10_000 })
    const source = vi.fn(() => ALICE)
    const credentials = new DigestClient({ credentials: source, random: endpoint.random })
    await send({ credentials })
    await clock.play(10_000)
    expect((await send({ credentials }, 3)).status).toBe(200)
    expect(seen).toHaveLength(4)
    expect(source).toHaveBeenCalledTimes(1)
  })
})

describe('the next target', () => {
  it('may ask again: that is no refusal', async () => {
    const { send, seen, servers } = await setUp({}, ['192.0.2.1', '192.0.2.2'])
    const [first] = servers
    if (first !== undefined) first.refuses = true
    const { status, handle } = await send({ credentials: ALICE })
    expect([status, handle.request.cseq.seq]).toEqual([200, 3])
    expect(seen).toHaveLength(4)
  })
})
