import { EventEmitter, once } from 'node:events'
import { createServer as createHttpServer, get, type Server } from 'node:http'
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { ArgumentError, StateError, TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import { VirtualClock } from '../testing/index.ts'
import type { Address, Flow, TransportEvent } from '../transport/index.ts'
import { type WsOptions, ws } from './ws.ts'

const LOCAL = { host: '127.0.0.1', port: 0 }
const NOT_UTF8 = Uint8Array.of(0x49, 0xff, 0xfe, 0x00)

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A transport that listens, with a promise for each event. */
async function listening(options: WsOptions = LOCAL) {
  const transport = ws(options)
  const arrived: TransportEvent[] = []
  const waiting: (() => void)[] = []
  await transport.listen({
    onTransport: (event) => {
      arrived.push(event)
      waiting.shift()?.()
    },
  })
  open.push(() => transport.close())
  const event = async (): Promise<TransportEvent> => {
    if (arrived.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    return arrived.shift() as TransportEvent
  }
  async function next<T extends TransportEvent['type']>(type: T): Promise<TransportEvent & { type: T }> {
    const came = await event()
    if (came.type !== type) throw new Error(`${came.type} came instead of ${type}`)
    return came as TransportEvent & { type: T }
  }
  const text = async () => bytesToText((await next('data')).bytes)
  return { transport, next, text, arrived }
}

/** Two of ours, of which the first has connected to the second. */
async function connected(options: WsOptions = {}, theirs: WsOptions = {}) {
  const server = await listening({ ...LOCAL, ...theirs })
  const client = await listening({ listen: false, ...options })
  const out = client.transport.connect(server.transport.local)
  await client.next('open')
  const { flow: back } = await server.next('open')
  return { server, client, out, back }
}

/** A client of the `ws` package, for what ours would not do. */
function bareClient(at: Address, path = '/', protocols: string[] = ['sip'], options = {}): WebSocket {
  const socket = new WebSocket(`ws://${at.host}:${at.port}${path}`, protocols, options)
  socket.on('error', () => {})
  open.push(() => socket.terminate())
  return socket
}

/** How the server answers a handshake: 101, or the status of the refusal with its text. */
async function handshake(socket: WebSocket): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve) => {
    socket.once('open', () => resolve({ status: 101, text: '' }))
    socket.once('unexpected-response', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      request.destroy()
      resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() })
    })
  })
}

async function httpServer(): Promise<Server & { readonly local: Address }> {
  const server = createHttpServer((_request, response) => response.end('a page'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return Object.assign(server, { local: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } })
}

/** A server of TCP that lets its clients see what `talk` says. */
async function tcpServer(talk: (socket: Socket) => void = () => {}): Promise<Address> {
  const sockets: Socket[] = []
  const server = createTcpServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    talk(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

function failure(flow: Flow, bytes = textToBytes('x')): Promise<TransportError> {
  return new Promise((resolve) => flow.send(bytes, resolve))
}

describe('ws', () => {
  it('takes a free port and tells it', async () => {
    const { transport } = await listening()
    expect(transport.local.host).toBe('127.0.0.1')
    expect(transport.local.port).toBeGreaterThan(0)
    expect(transport).toMatchObject({ protocol: 'WS', reliable: true, secure: false, framing: 'message' })
  })

  it('carries messages both ways over one connection, whoever has opened it', async () => {
    const { server, client, out, back } = await connected()
    out.send(textToBytes('ping'), () => {})
    expect(await server.text()).toBe('ping')
    back.send(textToBytes('pong'), () => {})
    expect(await client.text()).toBe('pong')
    expect(out.remote).toEqual(server.transport.local)
    expect(back.remote.host).toBe('127.0.0.1')
    expect(back.transport).toBe(server.transport)
    expect(client.transport.connect(server.transport.local)).toBe(out)
    // The peer's own address leads back over the same connection.
    expect(server.transport.connect(back.remote)).toBe(back)
  })

  it('sends what waited for the connection, in order', async () => {
    const server = await listening()
    const { transport } = await listening({ listen: false })
    for (let i = 0; i < 20; i++) transport.connect(server.transport.local).send(textToBytes(`${i}`), () => {})
    await server.next('open')
    for (let i = 0; i < 20; i++) expect(await server.text()).toBe(`${i}`)
  })

  it('takes text and bytes, and sends text where it is text (RFC 7118 §4.2)', async () => {
    const server = await listening()
    const socket = bareClient(server.transport.local)
    const frames: [bytes: Buffer, isBinary: boolean][] = []
    socket.on('message', (data, isBinary) => frames.push([data as Buffer, isBinary]))
    const { flow } = await server.next('open')
    await once(socket, 'open')
    socket.send('Grüße')
    socket.send(NOT_UTF8)
    expect((await server.next('data')).bytes).toEqual(Buffer.from('Grüße'))
    expect((await server.next('data')).bytes).toEqual(Buffer.from(NOT_UTF8))
    flow.send(textToBytes('Grüße'), () => {})
    flow.send(NOT_UTF8, () => {})
    while (frames.length < 2) await once(socket, 'message')
    expect(frames).toEqual([
      [Buffer.from('Grüße'), false],
      [Buffer.from(NOT_UTF8), true],
    ])
  })

  it('leaves the bytes that it sends as they are, for they may be sent again', async () => {
    const { server, out } = await connected()
    const bytes = textToBytes('REGISTER sip:example.com SIP/2.0')
    const before = bytes.slice()
    out.send(bytes, () => {})
    out.send(bytes, () => {})
    expect(await server.text()).toBe(await server.text())
    expect(bytes).toEqual(before)
  })

  it('closes a text frame that is no UTF-8', async () => {
    const server = await listening()
    const socket = bareClient(server.transport.local)
    await server.next('open')
    await once(socket, 'open')
    socket.send(NOT_UTF8, { binary: false })
    const [code] = await once(socket, 'close')
    expect(code).toBe(1007)
    expect((await server.next('closed')).error).toBeInstanceOf(TransportError)
  })

  it('has a name made up when it does not listen, another one each time', async () => {
    const one = await listening({ listen: false })
    const two = await listening({ listen: false })
    expect(one.transport.local).toEqual({ host: expect.stringMatching(/^[0-9a-z]{12}\.invalid$/), port: 0 })
    expect(one.transport.local).not.toEqual(two.transport.local)
  })

  it('says what address it has, and what public one it is given', async () => {
    const { transport } = await listening({ ...LOCAL, publicAddress: { host: '203.0.113.5', port: 443 } })
    expect(transport.local).toEqual({ host: '203.0.113.5', port: 443 })
    expect(() => ws().local).toThrow(StateError)
  })

  it('says which address is taken', async () => {
    const { transport } = await listening()
    const { port } = transport.local
    await expect(ws({ host: '127.0.0.1', port }).listen({ onTransport: () => {} })).rejects.toMatchObject({
      code: 'SIP_TRANSPORT',
      message: expect.stringContaining(`WS 127.0.0.1:${port} cannot be bound`),
      cause: { code: 'EADDRINUSE' },
    })
  })

  it('listens once at a time, and again after it was closed', async () => {
    const { transport, arrived } = await listening()
    await expect(transport.listen({ onTransport: () => {} })).rejects.toThrow(StateError)
    await Promise.all([transport.close(), transport.close()])
    expect(arrived).toEqual([])
    await transport.listen({ onTransport: () => {} })
    expect(transport.local.port).toBeGreaterThan(0)
  })

  it('has no path without its slash', () => {
    expect(() => ws({ path: 'sip' })).toThrow(ArgumentError)
  })
})

describe('a handshake', () => {
  it('without the subprotocol is refused with 400 (RFC 7118 §4.1)', async () => {
    const { transport, arrived } = await listening()
    for (const protocols of [[], ['xmpp'], ['sipp', 'SIP']]) {
      const answer = await handshake(bareClient(transport.local, '/', protocols))
      expect(answer).toEqual({ status: 400, text: expect.stringContaining("'sip'") })
    }
    const socket = bareClient(transport.local, '/', ['xmpp', 'sip'])
    expect((await handshake(socket)).status).toBe(101)
    expect(socket.protocol).toBe('sip')
    expect(arrived.map(({ type }) => type)).toEqual(['open'])
  })

  it('at another path is refused with 404', async () => {
    const { transport } = await listening({ ...LOCAL, path: '/sip' })
    expect((await handshake(bareClient(transport.local, '/'))).status).toBe(404)
    expect((await handshake(bareClient(transport.local, '/sipp'))).status).toBe(404)
    expect((await handshake(bareClient(transport.local, '/sip?token=1'))).status).toBe(101)
  })

  it('is shown to the application, which may refuse it with 403', async () => {
    const seen: unknown[] = []
    const { transport } = await listening({
      ...LOCAL,
      allow: async (shown) => {
        seen.push(shown)
        return shown.origin === 'https://example.com'
      },
    })
    const from = (origin: string) => bareClient(transport.local, '/?a=b', ['sip'], { origin })
    expect((await handshake(from('https://evil.example'))).status).toBe(403)
    expect((await handshake(from('https://example.com'))).status).toBe(101)
    expect(seen).toEqual([
      expect.objectContaining({ origin: 'https://evil.example', url: '/?a=b' }),
      expect.objectContaining({
        origin: 'https://example.com',
        headers: expect.objectContaining({ 'sec-websocket-protocol': 'sip' }),
        remote: { host: '127.0.0.1', port: expect.any(Number) },
      }),
    ])
  })

  it('of a client that has left while it was thought about does no harm', async () => {
    const gate = new EventEmitter()
    const { transport, next } = await listening({
      ...LOCAL,
      allow: () => new Promise((resolve) => gate.emit('asked', resolve)),
    })
    const asked = once(gate, 'asked')
    const impatient = bareClient(transport.local)
    const [decide] = await asked
    const left = new Promise((resolve) => impatient.once('close', resolve))
    impatient.terminate()
    await left
    const patient = bareClient(transport.local)
    const askedAgain = once(gate, 'asked')
    const answered = handshake(patient)
    const [decideAgain] = await askedAgain
    decide(true)
    decideAgain(true)
    expect((await answered).status).toBe(101)
    await next('open')
  })

  it('past the limit of connections is refused with 503, and taken when one has gone', async () => {
    const { transport, next } = await listening({ ...LOCAL, maxConnections: 2 })
    const first = bareClient(transport.local)
    expect((await handshake(first)).status).toBe(101)
    expect((await handshake(bareClient(transport.local))).status).toBe(101)
    expect((await handshake(bareClient(transport.local))).status).toBe(503)
    first.close()
    await next('open')
    await next('open')
    await next('closed')
    await once(first, 'close')
    expect((await handshake(bareClient(transport.local))).status).toBe(101)
  })

  it('of ours can carry headers and a path, and names the domain that was asked for', async () => {
    const server = await httpServer()
    const asked = once(server, 'upgrade')
    const { transport } = await listening({
      listen: false,
      path: '/sip',
      headers: { Origin: 'https://example.com' },
    })
    transport.connect(server.local, { domain: 'example.com' })
    const [request] = await asked
    expect(request.url).toBe('/sip')
    expect(request.headers).toMatchObject({
      host: `example.com:${server.local.port}`,
      origin: 'https://example.com',
      'sec-websocket-protocol': 'sip',
    })
    request.socket.destroy()
  })

  it('of ours fails when the server does not choose the subprotocol', async () => {
    for (const handleProtocols of [() => false as const, () => 'xmpp']) {
      const server = new WebSocketServer({ ...LOCAL, handleProtocols })
      await once(server, 'listening')
      open.push(() => server.close())
      const { transport, next } = await listening({ listen: false })
      const remote = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
      const error = await failure(transport.connect(remote))
      expect(error.message).toContain('subprotocol')
      await next('closed')
    }
  })

  it('that is no handshake gets an answer too', async () => {
    const { transport } = await listening()
    const request = get({ ...transport.local, path: '/' })
    const [response] = await once(request, 'response')
    expect(response.statusCode).toBe(426)
    response.resume()
  })
})

describe('an HTTP server of the application', () => {
  it('serves its pages and our WebSockets', async () => {
    const server = await httpServer()
    const { transport, text } = await listening({ server, path: '/sip' })
    expect(transport.local).toEqual(server.local)
    const page = await fetch(`http://127.0.0.1:${server.local.port}/`)
    expect(await page.text()).toBe('a page')
    const { transport: client } = await listening({ listen: false, path: '/sip' })
    client.connect(server.local).send(textToBytes('hello'), () => {})
    await expect(text()).rejects.toThrow('open came')
    expect(await text()).toBe('hello')
  })

  it('is waited for, and stays open when the transport is closed', async () => {
    const server = createHttpServer((_request, response) => response.end('a page'))
    const transport = ws({ server })
    const listens = transport.listen({ onTransport: () => {} })
    server.listen(0, '127.0.0.1')
    await listens
    const { local } = transport
    const socket = bareClient(local)
    expect((await handshake(socket)).status).toBe(101)
    await transport.close()
    expect(await (await fetch(`http://127.0.0.1:${local.port}/`)).text()).toBe('a page')
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  it('may have other WebSockets at other paths', async () => {
    const server = await httpServer()
    const chat = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, socket, head) => {
      if (request.url !== '/chat') return
      chat.handleUpgrade(request, socket, head, (guest) => guest.on('message', (data) => guest.send(data)))
    })
    const { arrived } = await listening({ server, path: '/sip' })
    const guest = bareClient(server.local, '/chat', [])
    expect((await handshake(guest)).status).toBe(101)
    guest.send('echo')
    expect(String((await once(guest, 'message'))[0])).toBe('echo')
    expect((await handshake(bareClient(server.local, '/sip'))).status).toBe(101)
    expect(arrived).toHaveLength(1)
  })
})

describe('a connection', () => {
  it('that cannot be opened fails what waits for it, and is told as closed', async () => {
    const server = await listening()
    const { local } = server.transport
    await server.transport.close()
    const { transport, next } = await listening({ listen: false })
    const errors = await Promise.all([failure(transport.connect(local)), failure(transport.connect(local))])
    expect(errors[0]?.message).toMatch(/^WS 127\.0\.0\.1:\d+: cannot be reached: .*ECONNREFUSED/)
    const { flow, error } = await next('closed')
    expect(error).toBe(errors[0])
    expect((await failure(flow)).message).toContain('ECONNREFUSED')
  })

  it('to an address that is none fails the same way, not at once', async () => {
    const { transport, next } = await listening({ listen: false })
    for (const remote of [
      { host: 'not an address', port: 5060 },
      { host: '127.0.0.1', port: 70_000 },
    ]) {
      const flow = transport.connect(remote)
      expect(await failure(flow)).toBeInstanceOf(TransportError)
      expect((await next('closed')).flow).toBe(flow)
    }
    const odd = transport.connect({ host: '127.0.0.1', port: 9 }, { domain: 'a domain/with?odd#things' })
    expect(await failure(odd)).toBeInstanceOf(TransportError)
  })

  it('to a server that is none of WebSocket fails', async () => {
    const { transport, next } = await listening({ listen: false })
    const http = await httpServer()
    http.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
    expect((await failure(transport.connect(http.local))).message).toContain('200')
    await next('closed')
    const sip = await tcpServer((socket) => socket.end('SIP/2.0 400 Bad Request\r\n\r\n'))
    expect((await failure(transport.connect(sip))).message).toContain('cannot be reached')
    await next('closed')
  })

  it('that was lost is made anew by the next message', async () => {
    const { server, client, out, back } = await connected()
    back.close()
    expect((await server.next('closed')).flow).toBe(back)
    expect(await client.next('closed')).toEqual({ type: 'closed', flow: out })
    expect((await failure(out)).message).toContain('closed')
    const again = client.transport.connect(server.transport.local)
    expect(again).not.toBe(out)
    again.send(textToBytes('again'), () => {})
    await server.next('open')
    expect(await server.text()).toBe('again')
  })

  it('tells what was wrong when it breaks', async () => {
    const server = await listening()
    const socket = bareClient(server.transport.local)
    const { flow } = await server.next('open')
    socket.terminate()
    const closed = await server.next('closed')
    expect(closed.flow).toBe(flow)
    expect(closed.error?.message).toMatch(/^WS 127\.0\.0\.1:\d+: lost: closed with 1006/)
  })

  it('is closed with 1009 when a message is too long', async () => {
    const { server, client, out } = await connected({}, { maxHead: 600, maxBody: 400 })
    out.send(new Uint8Array(1001).fill(65), () => {})
    expect((await server.next('closed')).error).toBeInstanceOf(TransportError)
    expect((await client.next('closed')).error?.message).toContain('1009')
  })

  it('to a peer that does not read is dropped when too much piles up', async () => {
    const server = await listening({ ...LOCAL, maxBuffered: 100_000 })
    const socket = bareClient(server.transport.local)
    const { flow } = await server.next('open')
    await once(socket, 'open')
    socket.pause()
    const failed: TransportError[] = []
    const chunk = new Uint8Array(65_000)
    for (let i = 0; i < 5000 && failed.length === 0; i++) {
      flow.send(chunk, (error) => failed.push(error))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(failed[0]?.message).toContain('takes nothing')
    expect((await server.next('closed')).error).toBe(failed[0])
  })

  it('is kept by ping and pong, and given up when the peer no longer answers', async () => {
    const clock = new VirtualClock()
    const server = await listening({ ...LOCAL, clock, keepAlive: 1000, pongTimeout: 100 })
    const socket = bareClient(server.transport.local, '/', ['sip'], { autoPong: false })
    await server.next('open')
    await once(socket, 'open')
    const asked = once(socket, 'ping')
    clock.advance(1000)
    await asked
    // Whether the pong has arrived shows by what is sent behind it.
    socket.pong()
    socket.send('behind')
    expect(await server.text()).toBe('behind')
    clock.advance(500)
    expect(server.arrived).toEqual([])
    const askedAgain = once(socket, 'ping')
    clock.advance(500)
    await askedAgain
    clock.advance(100)
    expect((await server.next('closed')).error?.message).toContain('no sign of the peer within 100 ms')
  })
})

describe('closing the transport', () => {
  it('sends away those about whom it is still thought', async () => {
    const gate = new EventEmitter()
    const asked = once(gate, 'asked')
    const { transport } = await listening({
      ...LOCAL,
      allow: () => new Promise((resolve) => gate.emit('asked', resolve)),
    })
    const answered = handshake(bareClient(transport.local))
    const [decide] = await asked
    await transport.close()
    expect((await answered).status).toBe(503)
    decide(true)
  })

  it('says 1001 to every peer and frees the port', async () => {
    const server = await listening()
    const { local } = server.transport
    const socket = bareClient(local)
    await server.next('open')
    const { transport: client } = await listening({ listen: false })
    client.connect(local)
    await server.next('open')
    const closed = once(socket, 'close')
    await server.transport.close()
    expect((await closed)[0]).toBe(1001)
    expect(server.arrived.map(({ type }) => type)).toEqual(['closed', 'closed'])
    await listening(local)
  })

  it('does not wait long for those who do not answer', async () => {
    const server = await listening()
    const { local } = server.transport
    // One that has asked for nothing yet, and one that does not read.
    const silent = connectTcp(local.port, local.host)
    silent.on('error', () => {})
    await once(silent, 'connect')
    const deaf = bareClient(local)
    await server.next('open')
    await once(deaf, 'open')
    deaf.pause()
    await server.transport.close()
    expect(server.arrived.map(({ type }) => type)).toEqual(['closed'])
    silent.destroy()
  })

  it('fails what is sent afterwards', async () => {
    const { server, client, out } = await connected()
    await client.transport.close()
    await client.transport.close()
    expect((await failure(out)).message).toContain('closed')
    const error = await failure(client.transport.connect(server.transport.local))
    expect(error.message).toContain('the transport is closed')
    expect(() => client.transport.local).toThrow(StateError)
  })

  it('ends connections that are being opened', async () => {
    const silent = await tcpServer()
    const { transport, arrived } = await listening({ listen: false })
    const failed = failure(transport.connect(silent))
    await transport.close()
    expect((await failed).message).toContain('closed before it was open')
    expect(arrived.map(({ type }) => type)).toEqual(['closed'])
  })
})
