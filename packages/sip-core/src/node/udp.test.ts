import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { StateError, TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import type { Flow, Transport, TransportEvent } from '../transport/index.ts'
import { type UdpOptions, udp } from './udp.ts'

const LOCAL = { host: '127.0.0.1', port: 0 }
const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

/** A transport that listens, with a promise for each packet. */
async function listening(options: UdpOptions = LOCAL) {
  const transport = udp(options)
  const arrived: TransportEvent[] = []
  const waiting: (() => void)[] = []
  await transport.listen({
    onTransport: (event) => {
      arrived.push(event)
      waiting.shift()?.()
    },
  })
  open.push(() => transport.close())
  const next = async (): Promise<{ flow: Flow; text: string }> => {
    if (arrived.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    const event = arrived.shift()
    if (event?.type !== 'data') throw new Error('no data')
    return { flow: event.flow, text: bytesToText(event.bytes) }
  }
  return { transport, next, arrived }
}

/** A bare socket, to see what really goes over the wire. */
async function bareSocket(): Promise<Socket & { readonly port: number }> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  open.push(() => new Promise<void>((resolve) => socket.close(resolve)))
  return Object.assign(socket, { port: socket.address().port })
}

/** What `failed` is told. */
function failure(transport: Transport, remote: { host: string; port: number }, bytes = textToBytes('x')) {
  return new Promise<TransportError>((resolve) => transport.connect(remote).send(bytes, resolve))
}

describe('udp', () => {
  it('takes a free port and tells it', async () => {
    const { transport } = await listening()
    expect(transport.local.host).toBe('127.0.0.1')
    expect(transport.local.port).toBeGreaterThan(0)
    expect(transport).toMatchObject({ protocol: 'UDP', reliable: false, secure: false, framing: 'message' })
  })

  it('sends from the port on which it listens, and answers over the flow that brought a packet', async () => {
    const alice = await listening()
    const bob = await listening()
    alice.transport.connect(bob.transport.local).send(textToBytes('ping'), () => {})
    const ping = await bob.next()
    expect(ping.text).toBe('ping')
    expect(ping.flow.remote).toEqual(alice.transport.local)
    expect(ping.flow.local).toEqual(bob.transport.local)
    expect(ping.flow.transport).toBe(bob.transport)
    ping.flow.send(textToBytes('pong'), () => {})
    const pong = await alice.next()
    expect(pong.text).toBe('pong')
    expect(pong.flow.remote).toEqual(bob.transport.local)
  })

  it('carries bytes as they are, empty and large ones too', async () => {
    const { transport, next } = await listening()
    const peer = await bareSocket()
    const bytes = new Uint8Array(20_000).map((_, index) => index % 251)
    transport.connect({ host: '127.0.0.1', port: peer.port }).send(bytes, () => {})
    const [message, { port }] = (await once(peer, 'message')) as [Buffer, AddressInfo]
    expect(message.equals(bytes)).toBe(true)
    expect(port).toBe(transport.local.port)
    peer.send(new Uint8Array(), port, '127.0.0.1')
    expect((await next()).text).toBe('')
  })

  it('tells the sender what the system refuses', async () => {
    const { transport } = await listening()
    const tooLong = await failure(transport, { host: '127.0.0.1', port: 9 }, new Uint8Array(70_000))
    expect(tooLong).toBeInstanceOf(TransportError)
    expect(tooLong.message).toMatch(/^UDP 127\.0\.0\.1:9: .*EMSGSIZE/)
    expect(tooLong.cause).toMatchObject({ code: 'EMSGSIZE' })
    for (const remote of [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: 70_000 },
      { host: '::1', port: 5060 },
      { host: 'not an address', port: 5060 },
    ]) {
      expect(await failure(transport, remote)).toBeInstanceOf(TransportError)
    }
  })

  it('goes on after a packet that could not be sent, or that nobody took', async () => {
    const { transport } = await listening()
    const peer = await listening()
    await failure(transport, { host: '127.0.0.1', port: 9 }, new Uint8Array(70_000))
    const closed = await listening()
    const { local } = closed.transport
    await closed.transport.close()
    transport.connect(local).send(textToBytes('nobody'), () => {})
    transport.connect(peer.transport.local).send(textToBytes('still here'), () => {})
    expect((await peer.next()).text).toBe('still here')
  })

  it('says which address is taken, and can be opened elsewhere', async () => {
    const { transport } = await listening()
    const { port } = transport.local
    await expect(udp({ host: '127.0.0.1', port }).listen({ onTransport: () => {} })).rejects.toMatchObject({
      code: 'SIP_TRANSPORT',
      message: expect.stringContaining(`UDP 127.0.0.1:${port} cannot be bound`),
      cause: { code: 'EADDRINUSE' },
    })
    await expect(udp({ host: '203.0.113.1', port: 0 }).listen({ onTransport: () => {} })).rejects.toThrow(
      TransportError,
    )
    await expect(udp({ host: 'no address', port: 0 }).listen({ onTransport: () => {} })).rejects.toThrow(
      TransportError,
    )
  })

  it('is closed, once and for all who ask', async () => {
    const { transport, arrived } = await listening()
    const { local } = transport
    const flow = transport.connect(local)
    await transport.close()
    await transport.close()
    const error = await new Promise<TransportError>((resolve) => flow.send(textToBytes('x'), resolve))
    expect(error.message).toContain('the transport is closed')
    expect(() => transport.local).toThrow(StateError)
    expect(arrived).toEqual([])
    // the port is free again
    const again = await listening(local)
    expect(again.transport.local).toEqual(local)
  })

  it('listens once at a time', async () => {
    const { transport } = await listening()
    const receiver = { onTransport: () => {} }
    await expect(transport.listen(receiver)).rejects.toThrow(StateError)
    await transport.close()
    await transport.listen(receiver)
    expect(transport.local.port).toBeGreaterThan(0)
  })

  it('has no address before it listens', () => {
    expect(() => udp().local).toThrow(StateError)
  })

  it('tells peers the public address that it is given', async () => {
    const publicAddress = { host: '203.0.113.5', port: 15060 }
    const { transport } = await listening({ ...LOCAL, publicAddress })
    expect(transport.local).toEqual(publicAddress)
    const { transport: other } = await listening({ ...LOCAL, publicAddress: { host: '203.0.113.5' } })
    expect(other.local.host).toBe('203.0.113.5')
    expect(other.local.port).toBeGreaterThan(0)
  })

  it('names an address that can be sent to when it listens on all', async () => {
    const all = await listening({ port: 0 })
    expect(all.transport.local.host).not.toBe('0.0.0.0')
    const { port } = all.transport.local
    const peer = await bareSocket()
    peer.send('hello', port, '127.0.0.1')
    expect((await all.next()).text).toBe('hello')
  })

  describe.runIf(hasIPv6)('over IPv6', () => {
    it('sends and receives', async () => {
      const alice = await listening({ host: '::1', port: 0 })
      const bob = await listening({ host: '::1', port: 0 })
      alice.transport.connect(bob.transport.local).send(textToBytes('ping'), () => {})
      const { flow, text } = await bob.next()
      expect(text).toBe('ping')
      expect(flow.remote).toEqual(alice.transport.local)
      expect(await failure(alice.transport, { host: '127.0.0.1', port: 5060 })).toBeInstanceOf(TransportError)
    })

    it('shares a port with IPv4 when both listen on all', async () => {
      const all4 = await listening({ port: 0 })
      const all6 = await listening({ host: '::', port: all4.transport.local.port })
      expect(all6.transport.local.host).toContain(':')
      expect(all6.transport.local.host).not.toBe('::')
      expect(all6.transport.local.host).not.toMatch(/^fe80:/)
    })
  })
})
