import { describe, expect, it, onTestFinished } from 'vitest'
import { SipError } from '../base/errors.ts'
import { NameAddr, parseUri } from '../message/index.ts'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from '../testing/index.ts'
import type { ServerTransaction } from '../transaction/index.ts'
import type { Received, ReceivedRequest } from '../transport/index.ts'
import { createRequest } from './create-request.ts'
import { Endpoint, type EndpointOptions } from './endpoint.ts'
import { type EndpointModule, ModulePriority } from './module.ts'

const HERE = { host: '192.0.2.9', port: 5060 }
async function setUp(options: EndpointOptions = {}) {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const endpoint = await Endpoint.start(network.platform(), [network.udp(HERE.host)], options)
  const peer = await ScriptedPeer.at(network.udp('192.0.2.1'))
  onTestFinished(() => endpoint.close())
  const seen: ReceivedRequest[] = []
  const unanswered: ServerTransaction[] = []
  /** A module that keeps INVITEs unanswered and says 200 to everything else. */
  const use = (more: Partial<EndpointModule> = {}) =>
    endpoint.use({
      name: 'application',
      priority: ModulePriority.application,
      receive: (received: Received) => {
        if (received.type === 'response') return false
        seen.push(received)
        if (received.message.method === 'INVITE')
          unanswered.push(endpoint.accept(received, endpoint.unwatched))
        else if (received.message.method !== 'ACK') endpoint.respond(received, 200)
        return true
      },
      ...more,
    })
  const open = (method: string, ...lines: string[]) => {
    peer.open(method, HERE, { lines })
    clock.advance(5)
  }
  return { clock, endpoint, peer, seen, unanswered, use, open }
}

const IN_DIALOG = 'To: <sip:here@example.com>;tag=h1'

describe('a request that has come before another way (RFC 3261 §8.2.2.2)', () => {
  const same = ['Call-ID: one', 'CSeq: 1 MESSAGE']

  it('is answered with 482', async () => {
    const { use, open, peer, seen } = await setUp()
    use()
    open('MESSAGE', ...same)
    open('MESSAGE', ...same)
    open('MESSAGE', 'Call-ID: one', 'CSeq: 2 MESSAGE')
    expect(peer.heard()).toEqual(['200 MESSAGE', '482 MESSAGE', '200 MESSAGE'])
    expect(seen).toHaveLength(2)
  })

  it('comes to those alone who ask for it', async () => {
    const { use, open, peer, seen } = await setUp()
    const proxied: Received[] = []
    use()
    use({ name: 'proxy', takesMerged: true, receive: (received) => proxied.push(received) > 0 })
    open('MESSAGE', ...same)
    open('MESSAGE', ...same)
    expect(peer.heard()).toEqual(['200 MESSAGE'])
    expect([seen.length, proxied.length]).toEqual([1, 1])
  })

  it('is answered with 482 if none of those takes it', async () => {
    const { use, open, peer } = await setUp()
    use()
    use({ name: 'proxy', takesMerged: true, receive: () => false })
    open('MESSAGE', ...same)
    open('MESSAGE', ...same)
    expect(peer.heard()).toEqual(['200 MESSAGE', '482 MESSAGE'])
  })

  it('is a CANCEL never: each goes with its INVITE', async () => {
    const { use, open, peer } = await setUp()
    use()
    for (const branch of ['a', 'b']) {
      const via = `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${branch};rport`
      open('INVITE', 'Call-ID: one', 'CSeq: 1 INVITE', via)
      open('CANCEL', 'Call-ID: one', 'CSeq: 1 CANCEL', via)
    }
    expect(peer.heard()).toEqual(['200 CANCEL', '482 INVITE', '200 CANCEL'])
  })
})

describe('an endpoint that drains', () => {
  it('takes nothing new, goes on with what is there, and is done when that is', async () => {
    const { use, open, endpoint, peer, seen, clock, unanswered } = await setUp()
    let over = () => {}
    use({ drain: () => new Promise((resolve) => (over = resolve)) })
    open('INVITE')
    let drained = false
    void endpoint.drain().then(() => (drained = true))
    expect(endpoint.state).toBe('draining')
    open('INVITE')
    open('OPTIONS')
    open('MESSAGE', IN_DIALOG)
    expect(peer.heard()).toEqual(['503 INVITE', '503 OPTIONS', '200 MESSAGE'])
    expect(peer.lastAnswer('OPTIONS').headers.get('Retry-After')).toBe('10')
    over()
    await clock.play(0)
    expect(drained).toBe(false)
    const [invite] = seen as [ReceivedRequest]
    unanswered[0]?.respond(endpoint.createResponse(invite, 486))
    await clock.play(0)
    expect(drained).toBe(true)
    expect(endpoint.transactions.size).toBeGreaterThan(0)
  })

  it('may be left to itself by who waits', async () => {
    const { use, endpoint } = await setUp()
    use({ drain: () => new Promise(() => {}) })
    const controller = new AbortController()
    const drained = endpoint.drain({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(drained).rejects.toThrow('enough')
    await expect(endpoint.drain({ signal: controller.signal })).rejects.toThrow('enough')
    expect(endpoint.state).toBe('draining')
  })

  it('is done at once when there is nothing', async () => {
    const { endpoint } = await setUp()
    await endpoint.drain({ signal: new AbortController().signal })
    expect(endpoint.state).toBe('draining')
  })
})

describe('an endpoint that is closed', () => {
  it('does not wait for its modules', async () => {
    const { use, endpoint } = await setUp()
    let asked = 0
    use({ close: () => new Promise(() => asked++) })
    await endpoint.close()
    await endpoint.close()
    expect([asked, endpoint.state]).toEqual([1, 'closed'])
  })

  it('gracefully waits for them, and for no longer than it is told', async () => {
    for (const [ends, at] of [
      [3000, 3000],
      [9000, 5000],
    ] as const) {
      const { use, open, endpoint, peer, clock } = await setUp()
      use({ close: () => new Promise((resolve) => clock.setTimer(ends, resolve)) })
      const start = clock.now()
      let closed: number | undefined
      void endpoint.close({ graceful: 5000 }).then(() => (closed = clock.now() - start))
      open('INVITE')
      open('MESSAGE', IN_DIALOG)
      expect(peer.heard()).toEqual(['503 INVITE', '200 MESSAGE'])
      await clock.play(10_000)
      expect([closed, endpoint.state]).toEqual([at, 'closed'])
    }
  })

  it('gracefully may be closed at once meanwhile', async () => {
    const { use, endpoint, clock } = await setUp()
    let cuts = 0
    use({ close: () => new Promise(() => {}) })
    use({ close: ({ graceful }) => void (graceful || cuts++) })
    const graceful = endpoint.close({ graceful: 5000 })
    await endpoint.close()
    expect(endpoint.state).toBe('closed')
    await clock.play(5000)
    await graceful
    expect(cuts).toBe(1)
  })
})

describe('limits', () => {
  const request = () =>
    createRequest({
      method: 'OPTIONS',
      uri: parseUri('sip:peer@192.0.2.1'),
      from: new NameAddr({ uri: 'sip:here@example.com' }).withParam('tag', 'h1'),
      to: new NameAddr({ uri: 'sip:peer@example.com' }),
      callId: 'call-2',
      seq: 1,
    })

  it('of transactions: 503, and what there is goes on', async () => {
    const { use, open, endpoint, peer, seen } = await setUp({ limits: { transactions: 8, retryAfter: 30 } })
    use()
    for (let i = 0; i < 20; i++) open('INVITE')
    expect(seen).toHaveLength(20)
    expect(endpoint.transactions.size).toBe(8)
    expect(peer.heard()).toEqual(Array.from({ length: 12 }, () => '503 INVITE'))
    expect(peer.lastAnswer('INVITE').headers.get('Retry-After')).toBe('30')
    open('BYE', IN_DIALOG)
    open('BYE', IN_DIALOG)
    expect(peer.heard()).toEqual(['200 BYE', '503 BYE'])
    const failures: unknown[] = []
    endpoint.send(request(), {
      onClientRequest: (event) => event.type === 'failed' && failures.push(event.error.cause),
    })
    expect(failures).toEqual([expect.objectContaining({ code: 'SIP_LIMIT' })])
    for (const { message } of seen.slice(0, 8)) {
      peer.open('CANCEL', HERE, { lines: [`Via: ${message.via}`, `Call-ID: ${message.callId}`] })
    }
    open('ACK')
    expect(peer.heard()).toEqual(Array.from({ length: 8 }, () => '200 CANCEL'))
  })

  it('that a module has of its own: 503', async () => {
    const { open, endpoint, peer } = await setUp()
    endpoint.use({
      name: 'full',
      priority: ModulePriority.application,
      receive() {
        throw new SipError('SIP_LIMIT', 'no room')
      },
    })
    open('INVITE')
    open('ACK')
    expect(peer.heard()).toEqual(['503 INVITE'])
  })

  it('of bytes and of header lines: 513', async () => {
    const { use, open, peer, seen } = await setUp({ limits: { messageBytes: 500, headers: 12 } })
    use()
    open('MESSAGE')
    open('MESSAGE', `Subject: ${'x'.repeat(500)}`)
    open('MESSAGE', ...Array.from({ length: 12 }, (_, i) => `X-${i}: y`))
    open('ACK', `Subject: ${'x'.repeat(500)}`)
    expect(peer.heard()).toEqual(['200 MESSAGE', '513 MESSAGE', '513 MESSAGE'])
    expect(seen).toHaveLength(1)
  })

  it('are sane where nobody sets them', async () => {
    const { endpoint } = await setUp()
    expect(endpoint.limits).toEqual({
      transactions: 250_000,
      dialogs: 100_000,
      subscriptions: 100_000,
      messageBytes: 65_535,
      headers: 200,
      retryAfter: 10,
    })
  })
})

it('what nobody watches is answered all the same: a CANCEL that comes too late', async () => {
  const { open, endpoint, peer, clock } = await setUp()
  const via = 'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKlate;rport'
  open('INVITE', via)
  open('CANCEL', via)
  expect(peer.heard()).toEqual(['405 INVITE', '200 CANCEL'])
  open('ACK', via)
  clock.advance(70_000)
  expect(endpoint.transactions.size).toBe(0)
})

it('OPTIONS is answered with everything that is installed (RFC 3261 §11.2)', async () => {
  const { open, endpoint, peer } = await setUp()
  open('OPTIONS')
  const { capabilities } = endpoint
  const said = () =>
    ['Allow', 'Supported', 'Accept', 'Allow-Events', 'Accept-Encoding', 'Accept-Language'].map((name) =>
      peer.lastAnswer('OPTIONS').headers.get(name),
    )
  expect(said()).toEqual(['OPTIONS', '', '', undefined, 'identity', 'en'])
  capabilities.methods.add('MESSAGE')
  capabilities.extensions.add('replaces')
  capabilities.events.add('refer')
  capabilities.contentTypes.add('text/plain').add('application/sdp')
  open('OPTIONS')
  expect(said()).toEqual([
    'OPTIONS, MESSAGE',
    'replaces',
    'text/plain, application/sdp',
    'refer',
    'identity',
    'en',
  ])
})
