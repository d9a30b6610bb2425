import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page as BrowserPage } from 'playwright-core'
import { Endpoint } from 'sip-core'
import { nodePlatform, udp, type WebSocketHandshake, ws } from 'sip-core/node'
import { type IncomingInvite, UserAgent } from 'sip-ua'
import { Xfer } from 'sip-xfer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bundle, bundlePage } from './bundle.ts'
import { Chromium } from './chromium.ts'
import type { Page } from './page.ts'

declare const alice: Page
declare const Sip: { Page: typeof Page }

const SDP = 'v=0\r\no=server 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n'

let bundle: Bundle

beforeAll(async () => {
  bundle = await bundlePage()
})

describe('the packages in a browser', () => {
  it('are a script that needs nothing of Node', () => {
    expect(bundle.imports).toEqual([])
    expect(bundle.inputs.filter((path) => /node:|\/node\/|node_modules\/(?!.*@noble)/.test(path))).toEqual([])
    for (const name of ['sip-core', 'sip-ua', 'sip-simple', 'sip-xfer'])
      expect(bundle.inputs.some((path) => path.startsWith(`packages/${name}/src/`))).toBe(true)
    expect(bundle.script).not.toMatch(/["'`]node:/)
  })

  it('are small', () => {
    console.log(`all four packages: ${bundle.script.length} bytes minified, ${bundle.gzipped} compressed`)
    expect(bundle.gzipped).toBeLessThan(100_000)
  })
})

describe('a page in Chromium', () => {
  let web: Server
  let server: Endpoint
  let ua: UserAgent
  let xfer: Xfer
  let chromium: Chromium
  let page: BrowserPage
  let sip: string
  const handshakes: WebSocketHandshake[] = []
  const errors: string[] = []

  beforeAll(async () => {
    web = createServer((request, response) => {
      response.setHeader('Content-Type', request.url === '/sip.js' ? 'text/javascript' : 'text/html')
      response.end(
        request.url === '/sip.js'
          ? bundle.script
          : '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script src="/sip.js"></script>',
      )
    })
    web.listen(0, '127.0.0.1')
    await once(web, 'listening')
    const { port } = web.address() as AddressInfo
    const origin = `http://127.0.0.1:${port}`
    sip = `ws://127.0.0.1:${port}/sip`
    server = await Endpoint.start(nodePlatform(), [
      udp({ host: '127.0.0.1', port: 0 }),
      ws({
        server: web,
        path: '/sip',
        allow: (handshake) => {
          handshakes.push(handshake)
          return handshake.origin === origin
        },
      }),
    ])
    ua = new UserAgent(server, { identity: '"Bob" <sip:bob@example.com>' })
    xfer = new Xfer(ua)
    ua.on('invite', (incoming) => {
      incoming.ring()
      incoming.accept({ sdp: SDP })
    })
    chromium = await Chromium.start()
    page = await chromium.open(`${origin}/`, errors)
    await page.evaluate((url) => Sip.Page.open(url), sip)
  })

  afterAll(async () => {
    await chromium?.[Symbol.asyncDispose]()
    await server?.close()
    web?.closeAllConnections()
    web?.close()
  })

  function called(): Promise<IncomingInvite> {
    return new Promise((resolve) => ua.once('invite', resolve))
  }

  it('calls, is transferred, talks to the new one, and hangs up', async () => {
    const first = called()
    await page.evaluate(() => alice.call('sip:bob@example.com'))
    const bob = (await first).session
    await bob.established
    expect(await page.evaluate(() => alice.report(0))).toEqual({
      states: ['early', 'confirmed'],
      remoteSdp: SDP,
      ended: undefined,
    })
    const second = called()
    const outcome = await xfer.transfer(bob, 'sip:carol@example.com').outcome
    expect(outcome).toMatchObject({ result: 'transferred', status: 200 })
    const carol = await second
    expect(String(carol.received.message.uri)).toBe('sip:carol@example.com')
    expect((await page.evaluate(() => alice.ended(0))).ended).toBe('request')
    expect((await page.evaluate(() => alice.report(1))).states.at(-1)).toBe('confirmed')
    await page.evaluate(() => alice.end(1))
    await carol.session.ended
    expect(handshakes.map(({ url }) => url)).toEqual(['/sip'])
    expect(await page.evaluate(() => alice.calls)).toBe(2)
  })

  it('transfers whom it talks to, over UDP on the other side', async () => {
    const carolEndpoint = await Endpoint.start(nodePlatform(), [udp({ host: '127.0.0.1', port: 0 })])
    const carol = new UserAgent(carolEndpoint, { identity: '<sip:carol@example.com>' })
    carol.on('invite', (incoming) => incoming.accept({ sdp: SDP }))
    xfer.on('refer', (referral) => referral.follow({ sdp: SDP }))
    await page.evaluate(() => Sip.Page.open(location.href.replace('http', 'ws').concat('sip')))
    await page.evaluate(() => alice.call('sip:bob@example.com'))
    const { port } = carolEndpoint.transports.transports[0]?.local ?? { port: 0 }
    expect(await page.evaluate((target) => alice.transfer(target), `sip:carol@127.0.0.1:${port}`)).toBe(
      'transferred',
    )
    await page.evaluate(() => alice.ended(0))
    expect([...carol.calls].map(({ state }) => state)).toEqual(['confirmed'])
    await carol.close()
    await carolEndpoint.close()
  })

  it('is called over its own connection, and hung up on', async () => {
    const asked = called()
    await page.evaluate(() => alice.call('sip:bob@example.com'))
    const { session, received } = await asked
    await session.end()
    const call = ua.invite('sip:alice@page.invalid;transport=ws', { sdp: SDP, flow: received.flow })
    await call.established
    const last = (await page.evaluate(() => alice.calls)) - 1
    expect((await page.evaluate((index) => alice.report(index), last)).remoteSdp).toBe(SDP)
    await call.end()
    const report = await page.evaluate((index) => alice.ended(index), last)
    expect(report.ended).toBe('request')
    expect(await page.evaluate(() => alice.alive)).toEqual([0, 0, 0])
  })

  it('of somebody else is not let in', async () => {
    const { port } = web.address() as AddressInfo
    const other = await chromium.open(`http://localhost:${port}/`, [])
    const closed = await other.evaluate(
      (url) =>
        new Promise<number>((resolve) => {
          new WebSocket(url, 'sip').onclose = ({ code }) => resolve(code)
        }),
      sip,
    )
    expect(closed).toBe(1006)
    expect(handshakes.at(-1)?.origin).toBe(`http://localhost:${port}`)
    await other.close()
  })

  it('has said nothing of errors', () => {
    expect(errors).toEqual([])
  })
})
