import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket as NodeWebSocket, WebSocketServer } from 'ws'
import { ArgumentError, StateError, type TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import { SeededRandom } from '../testing/index.ts'
import type { Flow, TransportEvent } from '../transport/index.ts'
import { type WebSocketOptions, webSocket } from './web-socket.ts'

const NOT_UTF8 = Uint8Array.of(0x49, 0xff, 0xfe, 0x00)
const ELSEWHERE = { host: '192.0.2.7', port: 5060 }

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A server that writes down its frames. */
async function server(handleProtocols: () => string | false = () => 'sip') {
  const listening = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols })
  await once(listening, 'listening')
  open.push(() => {
    for (const client of listening.clients) client.terminate()
    return new Promise((resolve) => listening.close(resolve))
  })
  const { port } = listening.address() as AddressInfo
  return {
    port,
    url: `ws://127.0.0.1:${port}/sip`,
    /** The next page that connects, with its frames. */
    async page() {
      const [socket, request] = await once(listening, 'connection')
      const frames: [text: string, isBinary: boolean][] = []
      socket.on('message', (data: Buffer, isBinary: boolean) =>
        frames.push([data.toString('latin1'), isBinary]),
      )
      const frame = async () => {
        while (frames.length === 0) await once(socket, 'message')
        return frames.shift()
      }
      return { socket: socket as NodeWebSocket, path: request.url, frame }
    },
  }
}

/** A page's transport, over Node's own WebSocket of the package `ws`. */
async function page(options: Partial<WebSocketOptions> & { url: string }) {
  const made: NodeWebSocket[] = []
  const transport = webSocket({
    random: new SeededRandom(1),
    WebSocket: class extends NodeWebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol)
        made.push(this)
      }
    },
    ...options,
  })
  const arrived: TransportEvent[] = []
  const waiting: (() => void)[] = []
  await transport.listen({
    onTransport: (event) => {
      arrived.push(event)
      waiting.shift()?.()
    },
  })
  open.push(async () => {
    await transport.close()
    for (const socket of made) socket.terminate()
  })
  async function next<T extends TransportEvent['type']>(type: T): Promise<TransportEvent & { type: T }> {
    if (arrived.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    const came = arrived.shift()
    if (came?.type !== type) throw new Error(`${came?.type} came instead of ${type}`)
    return came as TransportEvent & { type: T }
  }
  return { transport, next, arrived, made }
}

function failure(flow: Flow, bytes = textToBytes('x')): Promise<TransportError> {
  return new Promise((resolve) => flow.send(bytes, resolve))
}

describe('webSocket', () => {
  it('is an outbound proxy with a name made up, which cannot be connected to', async () => {
    const { transport } = await page({ url: 'wss://example.com/sip' })
    expect(transport).toMatchObject({
      protocol: 'WSS',
      reliable: true,
      secure: true,
      framing: 'message',
      outbound: { host: 'example.com', port: 443 },
      local: { host: expect.stringMatching(/^[0-9a-z]{12}\.invalid$/), port: 0 },
    })
    const plain = await page({ url: 'ws://example.com/sip', random: new SeededRandom(2) })
    expect(plain.transport).toMatchObject({
      protocol: 'WS',
      secure: false,
      outbound: { host: 'example.com', port: 80 },
    })
    expect(plain.transport.local).not.toEqual(transport.local)
  })

  it('connects with the first message, and only once, wherever messages are meant for', async () => {
    const { url, port, page: connecting } = await server()
    const { transport, next, made } = await page({ url })
    expect(made).toHaveLength(0)
    const flow = transport.connect(ELSEWHERE)
    flow.send(textToBytes('one'), () => {})
    transport
      .connect({ host: '2001:db8::1', port: 5061 }, { domain: 'example.com' })
      .send(textToBytes('two'), () => {})
    const { path, frame } = await connecting()
    expect(path).toBe('/sip')
    expect(await frame()).toEqual(['one', false])
    expect(await frame()).toEqual(['two', false])
    expect((await next('open')).flow).toBe(flow)
    expect(flow.remote).toEqual({ host: '127.0.0.1', port })
    expect(made).toHaveLength(1)
  })

  it('sends text where it is text and bytes where not, and takes both (RFC 7118 §4.2)', async () => {
    const { url, page: connecting } = await server()
    const { transport, next } = await page({ url })
    const flow = transport.connect(ELSEWHERE)
    flow.send(textToBytes('\uFEFFGrüße'), () => {})
    flow.send(NOT_UTF8, () => {})
    const { socket, frame } = await connecting()
    expect(await frame()).toEqual([Buffer.from('\uFEFFGrüße').toString('latin1'), false])
    expect(await frame()).toEqual([Buffer.from(NOT_UTF8).toString('latin1'), true])
    await next('open')
    socket.send('\uFEFFGrüße')
    socket.send(NOT_UTF8)
    expect(bytesToText((await next('data')).bytes)).toBe('\uFEFFGrüße')
    expect((await next('data')).bytes).toEqual(NOT_UTF8)
  })

  it('keeps what is sent before the connection is open, within its bound', async () => {
    const { url, page: connecting } = await server()
    const { transport } = await page({ url, maxBuffered: 10 })
    const flow = transport.connect(ELSEWHERE)
    flow.send(textToBytes('12345678'), () => {})
    expect((await failure(flow, textToBytes('123'))).message).toContain('8 bytes wait')
    const { frame } = await connecting()
    expect(await frame()).toEqual(['12345678', false])
  })

  it('tells why the connection did not come about, and tries again with the next message', async () => {
    const { url, port, page: connecting } = await server()
    const { transport, next } = await page({ url })
    const gone = await page({ url: 'ws://127.0.0.1:9/' })
    const error = await failure(gone.transport.connect(ELSEWHERE))
    expect(error.message).toBe('WS 127.0.0.1:9: cannot be reached: closed with 1006')
    expect((await gone.next('closed')).error).toBe(error)
    const first = transport.connect(ELSEWHERE)
    const { socket } = await connecting()
    await next('open')
    socket.close(1011, 'restart')
    const closed = await next('closed')
    expect(closed.flow).toBe(first)
    expect(closed.error?.message).toBe(`WS 127.0.0.1:${port}: lost: closed with 1011 (restart)`)
    const second = transport.connect(ELSEWHERE)
    expect(second).not.toBe(first)
    second.send(textToBytes('again'), () => {})
    expect(await (await connecting()).frame()).toEqual(['again', false])
  })

  it('does not speak with a server that has not chosen SIP', async () => {
    const { url } = await server()
    // A browser of old, which lets this pass.
    class Careless extends NodeWebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol)
        Object.defineProperty(this, 'protocol', { value: '' })
      }
    }
    const { transport, next } = await page({ url, WebSocket: Careless })
    expect((await failure(transport.connect(ELSEWHERE))).message).toContain('does not speak SIP')
    await next('closed')
  })

  it('fails when a WebSocket cannot even be made', async () => {
    class Forbidden extends NodeWebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol)
        this.on('error', () => {})
        this.terminate()
        throw new Error('blocked by the policy of the page')
      }
    }
    const { transport, next } = await page({ url: 'ws://127.0.0.1:9/', WebSocket: Forbidden })
    expect((await failure(transport.connect(ELSEWHERE))).message).toContain('blocked by the policy')
    await next('closed')
  })

  it('has its connection kept by CRLF CRLF only where that is wished for', async () => {
    expect((await page({ url: 'ws://127.0.0.1:9/' })).transport.policy).toMatchObject({ keepAlive: 0 })
    const { transport } = await page({ url: 'ws://127.0.0.1:9/', keepAlive: 25_000, maxHead: 1000 })
    expect(transport.policy).toMatchObject({ keepAlive: 25_000, limits: { maxHead: 1000, maxBody: 65_535 } })
  })

  it('closes in order', async () => {
    const { url, page: connecting } = await server()
    const { transport, next, arrived } = await page({ url })
    const flow = transport.connect(ELSEWHERE)
    const { socket } = await connecting()
    await next('open')
    const closed = once(socket, 'close')
    await transport.close()
    await transport.close()
    expect((await closed)[0]).toBe(1000)
    expect(arrived).toEqual([{ type: 'closed', flow }])
    expect((await failure(flow)).message).toContain('closed')
    expect((await failure(transport.connect(ELSEWHERE))).message).toContain('the transport is closed')
    expect(() => transport.local).toThrow(StateError)
  })

  it.each(['example.com', 'https://example.com/', ''])('takes no %o for the URL of a WebSocket', (url) => {
    expect(() => webSocket({ url })).toThrow(ArgumentError)
  })
})
