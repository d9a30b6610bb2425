import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { StateError, TransportError } from '../base/errors.ts'
import { Endpoint } from '../endpoint/index.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import type { Flow, TransportEvent } from '../transport/index.ts'
import { nodePlatform } from './platform.ts'
import { type TcpOptions, tcp } from './tcp.ts'

const LOCAL = { host: '127.0.0.1', port: 0 }
const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A transport that listens, with a promise for what happens. */
async function listening(options: TcpOptions = LOCAL) {
  const transport = tcp(options)
  const events: TransportEvent[] = []
  const waiting: (() => void)[] = []
  await transport.listen({
    onTransport: (event) => {
      events.push(event)
      for (const wake of waiting.splice(0)) wake()
    },
  })
  open.push(() => transport.close())
  const next = async <T extends TransportEvent['type']>(type: T): Promise<TransportEvent & { type: T }> => {
    for (;;) {
      const event = events.shift()
      if (event?.type === type) return event as TransportEvent & { type: T }
      if (event === undefined) await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
  const { local } = transport
  return { transport, next, events, local }
}

/** A bare client, to see what really goes over the wire. */
async function bareClient({ host, port }: { host: string; port: number }): Promise<Socket> {
  const socket = connect({ host, port })
  open.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** A bare server that hands out its connections. */
async function bareServer(accept: (socket: Socket) => void) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    accept(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

function send(flow: Flow, bytes: Uint8Array): Promise<TransportError> {
  return new Promise((resolve) => flow.send(bytes, resolve))
}

describe('tcp', () => {
  it('says what it is, and where it listens', async () => {
    const { transport, local } = await listening()
    expect(transport).toMatchObject({ protocol: 'TCP', reliable: true, secure: false, framing: 'stream' })
    expect(local.host).toBe('127.0.0.1')
    expect(local.port).toBeGreaterThan(0)
    expect(() => tcp().local).toThrow(StateError)
  })

  it('tells peers the public address that it is given', async () => {
    const publicAddress = { host: '203.0.113.5', port: 15060 }
    expect((await listening({ ...LOCAL, publicAddress })).local).toEqual(publicAddress)
  })

  it('says which address is taken', async () => {
    const { local } = await listening()
    await expect(tcp(local).listen({ onTransport: () => {} })).rejects.toMatchObject({
      code: 'SIP_TRANSPORT',
      message: expect.stringContaining(`TCP 127.0.0.1:${local.port} cannot be bound`),
      cause: { code: 'EADDRINUSE' },
    })
    await expect(tcp({ port: 70_000 }).listen({ onTransport: () => {} })).rejects.toThrow(TransportError)
  })

  it('leaves the port of IPv4 to another transport', async ({ skip }) => {
    if (!hasIPv6) return skip()
    const four = await listening({ port: 0 })
    const six = await listening({ host: '::', port: four.local.port })
    expect(six.local.host).toContain(':')
    expect(four.local.host).not.toBe('0.0.0.0')
  })

  it('connects from the address that it listens on', async () => {
    const { transport, next } = await listening({ host: '127.0.0.2', port: 0 })
    const peer = await listening()
    transport.connect(peer.local)
    await next('open')
    expect((await peer.next('open')).flow.remote.host).toBe('127.0.0.2')
  })

  it('hands on bytes as they come', async () => {
    const { next, local } = await listening()
    const socket = await bareClient(local)
    socket.write('OPT')
    const first = await next('data')
    expect(bytesToText(first.bytes)).toBe('OPT')
    socket.write('IONS')
    const second = await next('data')
    expect([second.flow === first.flow, bytesToText(second.bytes)]).toEqual([true, 'IONS'])
    expect(first.flow.remote).toEqual({ host: '127.0.0.1', port: socket.localPort })
  })

  it('says who refuses, and why', async () => {
    const { transport, next } = await listening()
    const gone = await listening()
    await gone.transport.close()
    const flow = transport.connect(gone.local)
    const error = await send(flow, textToBytes('x'))
    expect(error.message).toBe(
      `TCP 127.0.0.1:${gone.local.port}: cannot be reached: connect ECONNREFUSED 127.0.0.1:${gone.local.port}`,
    )
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
    expect(await next('closed')).toEqual({ type: 'closed', flow, error })
  })

  it('does not throw for an address that cannot be', async () => {
    const { transport } = await listening()
    for (const remote of [
      { host: '127.0.0.1', port: 70_000 },
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 5060 },
    ])
      expect(await send(transport.connect(remote), textToBytes('x'))).toBeInstanceOf(TransportError)
  })

  it('tells of a connection that is reset', async () => {
    const { transport, next } = await listening()
    const server = await bareServer((socket) => socket.on('data', () => socket.resetAndDestroy()))
    const flow = transport.connect(server)
    flow.send(textToBytes('x'), () => {})
    expect(await next('closed')).toMatchObject({ flow, error: { cause: { code: 'ECONNRESET' } } })
  })

  it('is done with a peer that has closed its side', async () => {
    const { next, local } = await listening()
    const socket = await bareClient(local)
    const { flow } = await next('open')
    socket.end('the end')
    expect(bytesToText((await next('data')).bytes)).toBe('the end')
    expect(await next('closed')).toEqual({ type: 'closed', flow })
    await once(socket, 'close')
  })

  it('does not wait for what such a peer has not read', async () => {
    const { transport, next } = await listening({ ...LOCAL, maxBuffered: 20_000_000 })
    const server = await bareServer((socket) => {
      socket.pause()
      socket.once('readable', () => socket.end())
    })
    const flow = transport.connect(server)
    flow.send(new Uint8Array(10_000_000), () => {})
    expect((await next('closed')).flow).toBe(flow)
  })

  it('cuts off a peer that does not read', async () => {
    const { transport, next } = await listening({ ...LOCAL, maxBuffered: 100_000 })
    const server = await bareServer((socket) => socket.pause())
    const flow = transport.connect(server)
    await next('open')
    // More than any socket buffers of the system take.
    const chunk = new Uint8Array(1_000_000)
    const error = await new Promise<TransportError>((resolve) => {
      for (let i = 0; i < 30; i++) flow.send(chunk, resolve)
    })
    expect(error.message).toContain('the peer takes nothing')
    expect(await next('closed')).toEqual({ type: 'closed', flow, error })
  })

  it('lets the peer have what was sent before a close, even if it has sent more meanwhile', async () => {
    const { next, local } = await listening()
    const socket = await bareClient(local)
    const { flow } = await next('open')
    const received: Buffer[] = []
    socket.on('data', (bytes) => received.push(bytes))
    const errors: Error[] = []
    socket.on('error', (error) => errors.push(error))
    for (let i = 0; i < 20; i++) socket.write('x'.repeat(10_000))
    await next('data')
    flow.send(textToBytes('SIP/2.0 400 Bad Request'), () => {})
    flow.close()
    for (let i = 0; i < 20; i++) socket.write('x'.repeat(10_000))
    await once(socket, 'close')
    expect(Buffer.concat(received).toString()).toBe('SIP/2.0 400 Bad Request')
    expect(errors).toEqual([])
  })

  it('does not wait for peers that never close', async () => {
    const { transport, next, local } = await listening()
    const socket = connect({ ...local, allowHalfOpen: true })
    open.push(() => socket.destroy())
    await next('open')
    socket.resume()
    await transport.close()
    await expect(bareClient(local)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('lets a peer speak for another port only if told to', async () => {
    for (const alias of [false, true]) {
      const server = await listening({ ...LOCAL, alias })
      const client = await listening()
      client.transport.connect(server.local)
      const { flow } = await server.next('open')
      flow.alias?.(client.local.port)
      expect(server.transport.connect(client.local) === flow).toBe(alias)
    }
  })
})

describe('an endpoint over TCP', () => {
  async function started(options: TcpOptions = LOCAL) {
    const endpoint = await Endpoint.start(nodePlatform(), [tcp(options)])
    open.push(() => endpoint.close())
    const [transport] = endpoint.transports.transports
    return { endpoint, local: transport?.local as { host: string; port: number } }
  }

  const options = (lines: readonly string[]) =>
    [
      'OPTIONS sip:a@b SIP/2.0',
      'Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK1',
      'From: <sip:a@b>;tag=1',
      'To: <sip:a@b>',
      'Call-ID: 1',
      'CSeq: 1 OPTIONS',
      ...lines,
      '',
      '',
    ].join('\r\n')

  /** All that comes until the connection is closed by the endpoint. */
  async function conversation(local: { host: string; port: number }, text: string): Promise<string> {
    const socket = await bareClient(local)
    const received: Buffer[] = []
    socket.on('data', (bytes) => received.push(bytes))
    socket.write(text)
    await once(socket, 'close')
    return Buffer.concat(received).toString()
  }

  it('answers requests of one connection, however they are chopped, and keep-alives', async () => {
    const { local } = await started()
    const socket = await bareClient(local)
    let received = ''
    socket.on('data', (bytes) => {
      received += bytes.toString()
    })
    const request = options(['Content-Length: 0'])
    for (const piece of [request.slice(0, 5), request.slice(5, 100), request.slice(100)]) {
      socket.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    while (!received.startsWith('SIP/2.0 200 OK\r\n')) await once(socket, 'data')
    expect(received).toContain('Content-Length: 0\r\n\r\n')
    received = ''
    socket.write('\r\n\r\n')
    await once(socket, 'data')
    expect(received).toBe('\r\n')
  })

  it('refuses what has no Content-Length, and hangs up', async () => {
    const { local } = await started()
    const answer = await conversation(local, options([]))
    expect(answer).toMatch(/^SIP\/2\.0 400 Bad Request - head\r\n/)
    expect(answer).toContain('Call-ID: 1\r\n')
  })

  it('refuses what is too large, and hangs up', async () => {
    const { local } = await started({ ...LOCAL, maxBody: 100 })
    expect(await conversation(local, options(['Content-Length: 101']))).toMatch(/^SIP\/2\.0 513 /)
  })

  it('hangs up on garbage', async () => {
    const { local } = await started()
    expect(await conversation(local, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('')
  })
})
