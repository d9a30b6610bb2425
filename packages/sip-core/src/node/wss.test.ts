import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ArgumentError, TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import type { ConnectOptions, Transport, TransportEvent } from '../transport/index.ts'
import { type CertificateInit, TestAuthority } from './certificates.fixture.ts'
import { type WssOptions, wss } from './wss.ts'

const LOCAL = { host: '127.0.0.1', port: 0 }
const DOMAIN = { domain: 'example.com' }
const authority = new TestAuthority()
const ca = authority.cert

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function listening<T extends Transport>(transport: T) {
  const arrived: TransportEvent[] = []
  const waiting: (() => void)[] = []
  await transport.listen({
    onTransport: (event) => {
      arrived.push(event)
      waiting.shift()?.()
    },
  })
  open.push(() => transport.close())
  async function next<E extends TransportEvent['type']>(type: E): Promise<TransportEvent & { type: E }> {
    if (arrived.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    const came = arrived.shift()
    if (came?.type !== type) throw new Error(`${came?.type} came instead of ${type}`)
    return came as TransportEvent & { type: E }
  }
  return { transport, next }
}

const server = (certificate: CertificateInit = { names: ['DNS:example.com'] }, options: WssOptions = {}) =>
  listening(wss({ ...LOCAL, ...authority.issue(certificate), ...options }))
const client = (options: WssOptions = {}) => listening(wss({ listen: false, ca, ...options }))

/** Why somebody cannot be reached. */
function failure(from: Transport, to: Transport, options?: ConnectOptions): Promise<string> {
  const flow = from.connect(to.local, options)
  return new Promise((resolve) => flow.send(textToBytes('x'), ({ message }) => resolve(message)))
}

describe('wss', () => {
  it('carries messages to a server that proves its domain', async () => {
    const far = await server()
    const near = await client()
    expect(far.transport).toMatchObject({ protocol: 'WSS', secure: true, reliable: true, framing: 'message' })
    const flow = near.transport.connect(far.transport.local, DOMAIN)
    flow.send(textToBytes('ping'), () => {})
    await near.next('open')
    const { flow: back } = await far.next('open')
    expect(bytesToText((await far.next('data')).bytes)).toBe('ping')
    back.send(textToBytes('pong'), () => {})
    expect(bytesToText((await near.next('data')).bytes)).toBe('pong')
    expect(near.transport.connect(far.transport.local, DOMAIN)).toBe(flow)
    // Another name needs another proof.
    expect(near.transport.connect(far.transport.local, { domain: 'example.org' })).not.toBe(flow)
  })

  it.each([
    ['another domain', { names: ['DNS:example.org'] }],
    ['a subdomain', { names: ['DNS:sip.example.com'] }],
    ['a wildcard (RFC 5922 §7.2)', { names: ['DNS:*.com'] }],
    ['yesterday', { names: ['DNS:example.com'], until: new Date(Date.now() - 3_600_000) }],
  ])('does not speak with a server whose certificate is for %s', async (_name, certificate) => {
    const far = await server(certificate)
    const near = await client()
    expect(await failure(near.transport, far.transport, DOMAIN)).toMatch(
      /^WSS 127\.0\.0\.1:\d+: cannot be reached/,
    )
    expect((await near.next('closed')).error).toBeInstanceOf(TransportError)
  })

  it('does not speak with a server of an authority that nobody trusts, unless told so', async () => {
    const far = await server()
    const stranger = await client({ ca: new TestAuthority('Another').cert })
    expect(await failure(stranger.transport, far.transport, DOMAIN)).toContain('cannot be reached')
    const careless = await client({ ca: new TestAuthority('Another').cert, verify: false })
    careless.transport.connect(far.transport.local, DOMAIN).send(textToBytes('x'), () => {})
    await careless.next('open')
  })

  it('asks its peers for a certificate where that is wanted', async () => {
    const far = await server(undefined, { ca, clientCertificate: 'required' })
    const nobody = await client()
    expect(await failure(nobody.transport, far.transport, DOMAIN)).toContain('cannot be reached')
    const somebody = await client(authority.issue({ names: ['DNS:client.example.com'] }))
    somebody.transport.connect(far.transport.local, DOMAIN)
    await somebody.next('open')
    await far.next('open')
  })

  it('shows a new certificate from the next connection on', async () => {
    const far = await server({ names: ['DNS:example.com'] })
    const near = await client()
    const flow = near.transport.connect(far.transport.local, DOMAIN)
    await near.next('open')
    far.transport.reload(authority.issue({ names: ['DNS:example.org'] }))
    expect(() => far.transport.reload({ cert: 'none' })).toThrow(ArgumentError)
    near.transport.connect(far.transport.local, { domain: 'example.org' })
    await near.next('open')
    flow.close()
    await near.next('closed')
    expect(await failure(near.transport, far.transport, DOMAIN)).toContain('cannot be reached')
  })

  it('takes the upgrades of an HTTPS server of the application', async () => {
    const { cert, key } = authority.issue({ names: ['DNS:localhost'] })
    const https = createServer({ cert, key }, (_request, response) => response.end('a page'))
    https.listen(0, '127.0.0.1')
    await once(https, 'listening')
    open.push(() => {
      https.closeAllConnections()
      return new Promise((resolve) => https.close(resolve))
    })
    const far = await listening(wss({ server: https, path: '/sip' }))
    const { port } = https.address() as AddressInfo
    expect(far.transport.local).toEqual({ host: '127.0.0.1', port })
    const socket = new WebSocket(`wss://localhost:${port}/sip`, 'sip', { ca })
    open.push(() => socket.terminate())
    await once(socket, 'open')
    await far.next('open')
  })

  it('can be closed while somebody shakes hands', async () => {
    const far = await server()
    const { local } = far.transport
    const silent = connectTls({ ...local, ca, servername: 'example.com' })
    silent.on('error', () => {})
    await once(silent, 'secureConnect')
    await far.transport.close()
    silent.destroy()
  })

  it('says what of its certificate is no good', () => {
    expect(() => wss({ cert: 'none', key: 'none' })).toThrow(ArgumentError)
    const { cert } = authority.issue()
    expect(() => wss({ cert, key: authority.issue().key })).toThrow(ArgumentError)
  })
})
