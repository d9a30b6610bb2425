import { once } from 'node:events'
import { type Address, Endpoint, type Flow, parseUri } from 'sip-core'
import { nodePlatform, udp, ws } from 'sip-core/node'
import { type WebSocketClass, webPlatform, webSocket } from 'sip-core/web'
import { type IncomingInvite, type InviteSession, UserAgent } from 'sip-ua'
import { Xfer } from 'sip-xfer'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

const open: Endpoint[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()))
})

function kept(endpoint: Endpoint): Endpoint {
  open.push(endpoint)
  return endpoint
}

function addressOf(endpoint: Endpoint, index = 0): Address {
  const transport = endpoint.transports.transports[index]
  if (transport === undefined) throw new Error('there is no such transport')
  return transport.local
}

/** A server with Bob and Carol on it, and a page with Alice that is connected to it. */
async function meet() {
  const server = kept(
    await Endpoint.start(nodePlatform(), [
      udp({ host: '127.0.0.1', port: 0 }),
      ws({ host: '127.0.0.1', port: 0, path: '/sip' }),
    ]),
  )
  const { port } = addressOf(server, 1)
  const sockets: WebSocket[] = []
  class PageSocket extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol)
      sockets.push(this)
    }
  }
  const url = `ws://127.0.0.1:${port}/sip`
  const page = kept(
    await Endpoint.start(webPlatform(), [webSocket({ url, WebSocket: PageSocket as WebSocketClass })]),
  )
  const ua = new UserAgent(server, { identity: '"Bob" <sip:bob@example.com>' })
  const alice = new UserAgent(page, { identity: '"Alice" <sip:alice@example.com>' })
  const bobXfer = new Xfer(ua)
  const aliceXfer = new Xfer(alice)
  const arrivals: IncomingInvite[] = []
  ua.on('invite', (incoming) => {
    arrivals.push(incoming)
    incoming.ring()
    incoming.accept({ sdp: 'v=0 server' })
  })
  return { server, page, ua, alice, bobXfer, aliceXfer, arrivals, sockets }
}

/** The next call that a user agent takes. */
function called(ua: UserAgent): Promise<IncomingInvite> {
  return new Promise((resolve) => ua.once('invite', resolve))
}

describe('a page', () => {
  it('calls by a name that only its server knows, and is hung up on over its own connection', async () => {
    const { alice, ua, arrivals, sockets } = await meet()
    const arrived = called(ua)
    const call = alice.invite('sip:bob@no-such-host.example', { sdp: 'v=0 page' })
    const { session } = await arrived
    await Promise.all([call.established, session.established])
    const invite = arrivals[0]?.received.message
    expect(invite?.via.transport).toBe('WS')
    expect(String(invite?.via.host)).toMatch(/^[0-9a-z]{12}\.invalid$/)
    expect(invite?.via.port).toBeUndefined()
    expect(String(invite?.contact?.uri)).toMatch(/^sip:alice@[0-9a-z]{12}\.invalid;transport=ws;ob$/)
    await session.end()
    expect(await call.ended).toMatchObject({ type: 'request' })
    expect(sockets).toHaveLength(1)
  })

  it('hangs up, and changes the call, in both directions', async () => {
    const { alice, ua } = await meet()
    const arrived = called(ua)
    const call = alice.invite('sip:bob@example.com', { sdp: 'v=0 page' })
    const { session } = await arrived
    await session.established
    call.on('reinvite', (reinvite) => reinvite.accept({ sdp: 'v=0 held' }))
    await session.reinvite({ sdp: 'v=0 hold' })
    expect(session.remoteSdp).toBe('v=0 held')
    expect(call.remoteSdp).toBe('v=0 hold')
    await call.end()
    await session.ended
  })

  it('is transferred: the REFER, the new call and its outcome all go over its connection', async () => {
    const { alice, aliceXfer, ua, bobXfer, arrivals, sockets } = await meet()
    const followed: InviteSession[] = []
    aliceXfer.on('refer', (referral) => followed.push(referral.follow({ sdp: 'v=0 page' })))
    const arrived = called(ua)
    const call = alice.invite('sip:bob@example.com', { sdp: 'v=0 page' })
    const { session } = await arrived
    await session.established
    const outcome = await bobXfer.transfer(session, 'sip:carol@example.com').outcome
    expect(outcome).toMatchObject({ result: 'transferred', status: 200 })
    await call.ended
    expect(arrivals.map(({ received }) => String(received.message.uri))).toEqual([
      'sip:bob@example.com',
      'sip:carol@example.com',
    ])
    expect(followed[0]?.state).toBe('confirmed')
    await followed[0]?.end()
    expect(sockets).toHaveLength(1)
  })

  it('transfers whom it talks to, and hears how it went', async () => {
    const { alice, aliceXfer, ua, bobXfer, server } = await meet()
    const carol = kept(await Endpoint.start(nodePlatform(), [udp({ host: '127.0.0.1', port: 0 })]))
    const carolUa = new UserAgent(carol, { identity: '<sip:carol@example.com>' })
    carolUa.on('invite', (incoming) => incoming.accept({ sdp: 'v=0 carol' }))
    bobXfer.on('refer', (referral) => referral.follow({ sdp: 'v=0 bob' }))
    const call = alice.invite('sip:bob@example.com', { sdp: 'v=0 page' })
    await call.established
    const { host, port } = addressOf(carol)
    const transfer = aliceXfer.transfer(call, `sip:carol@${host}:${port}`)
    expect(await transfer.outcome).toMatchObject({ result: 'transferred', status: 200 })
    await call.ended
    expect([...carolUa.calls].map(({ state }) => state)).toEqual(['confirmed'])
    await Promise.all([ua.close(), carolUa.close()])
    expect(server.transports.transports).toHaveLength(2)
  })

  it('is called over the connection that it has opened', async () => {
    const { alice, page, ua, server } = await meet()
    const flow = await new Promise<Flow>((resolve) => {
      server.use({
        name: 'registrar',
        priority: 1,
        receive: (received) => {
          if (received.type !== 'request' || received.message.method !== 'OPTIONS') return false
          resolve(received.flow)
          server.respond(received, 200)
          return true
        },
      })
      void page.request({
        method: 'OPTIONS',
        uri: parseUri('sip:example.com'),
        from: alice.identity,
      })
    })
    alice.on('invite', (incoming) => incoming.accept({ sdp: 'v=0 page' }))
    const call = ua.invite('sip:alice@where-ever.invalid;transport=ws', { sdp: 'v=0 server', flow })
    await call.established
    expect(call.remoteSdp).toBe('v=0 page')
    const [there] = alice.calls
    await call.end()
    await there?.ended
  })

  it('that is gone is missed at once: no request waits for it', async () => {
    const { alice, ua, sockets } = await meet()
    const arrived = called(ua)
    alice.invite('sip:bob@example.com', { sdp: 'v=0 page' })
    const { session } = await arrived
    await session.established
    const lost = new Promise((resolve) => sockets[0]?.once('close', resolve))
    sockets[0]?.terminate()
    await lost
    const causes: string[] = []
    session.on('state', (state, cause) => causes.push(`${state} ${cause.type}`))
    await session.end()
    expect(causes.at(-1)).toBe('disconnected transport-error')
  })

  it('that has come back with a new connection is reached over that one', async () => {
    const { alice, ua, sockets } = await meet()
    const arrived = called(ua)
    const call = alice.invite('sip:bob@example.com', { sdp: 'v=0 page' })
    const { session } = await arrived
    await session.established
    sockets[0]?.terminate()
    await once(sockets[0] as WebSocket, 'close')
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: 'v=0 server again' }))
    await call.reinvite({ sdp: 'v=0 page again' })
    expect(sockets).toHaveLength(2)
    await session.end()
    await call.ended
  })
})
