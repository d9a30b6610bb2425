import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp } from 'node:net'
import {
  type ConnectionOptions,
  connect,
  createServer,
  type TlsOptions as NodeTlsOptions,
  type TLSSocket,
} from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { ArgumentError, TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import type { Address, Flow, TransportEvent } from '../transport/index.ts'
import { type Certificate, type CertificateInit, TestAuthority } from './certificates.fixture.ts'
import { type TlsOptions, tls } from './tls.ts'

const LOCAL = { host: '127.0.0.1', port: 0 }
const DAY = 86_400_000

const authority = new TestAuthority()
const strangers = new TestAuthority('Strangers')
const example = authority.issue({ names: ['URI:sip:example.com'] })
const trusting = { ...LOCAL, ca: authority.cert }

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A transport that listens, with a promise for what happens. */
async function listening(options: TlsOptions) {
  const transport = tls(options)
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
  const text = async () => bytesToText((await next('data')).bytes)
  return { transport, next, text, events, local: transport.local }
}

/** A bare TLS server, and what it sees. */
async function bareServer(options: NodeTlsOptions) {
  const received: string[] = []
  const names: (string | false | null)[] = []
  const closed: Promise<unknown>[] = []
  const server = createServer(options, (socket) => {
    names.push(socket.servername)
    socket.on('data', (bytes) => received.push(bytes.toString()))
    socket.on('error', () => {})
  })
  server.on('connection', (socket) => closed.push(new Promise((resolve) => socket.once('close', resolve))))
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => new Promise((resolve) => server.close(resolve)))
  const { port } = server.address() as AddressInfo
  return { local: { host: '127.0.0.1', port }, received, names, closed }
}

/** A bare TLS client, connected or failed. */
async function bareClient({ host, port }: Address, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host, port, servername: 'example.com', ca: authority.cert, ...options })
  open.push(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

function failure(flow: Flow): Promise<TransportError> {
  return new Promise((resolve) => flow.send(textToBytes('secret'), resolve))
}

describe('whom a TLS transport connects to (RFC 5922)', () => {
  async function attempt(init: CertificateInit, domain: string | undefined, options: TlsOptions = trusting) {
    return attemptWith(authority.issue(init), domain, options)
  }

  /** What comes of sending to a server with this certificate: the error, or what the server got. */
  async function attemptWith(
    certificate: Certificate,
    domain: string | undefined,
    options: TlsOptions = trusting,
  ) {
    const server = await bareServer(certificate)
    const { transport, next } = await listening(options)
    const flow = transport.connect(server.local, domain === undefined ? {} : { domain })
    const failed = failure(flow)
    const opened = await Promise.race([next('open').then(() => true), failed.then(() => false)])
    flow.close()
    await Promise.all(server.closed)
    return { outcome: opened ? server.received : (await failed).message, names: server.names }
  }

  it.each([
    ['the URI', { names: ['URI:sip:example.com'] }, 'example.com'],
    ['the URI in another case', { names: ['URI:sip:Example.COM'] }, 'eXample.com'],
    ['one of several', { names: ['URI:sip:a.com', 'URI:sip:example.com'] }, 'example.com'],
    ['a DNS name', { names: ['DNS:example.com'] }, 'example.com'],
    ['the common name', { name: 'example.com' }, 'example.com'],
    ['an address, for a URI with an address', { names: ['IP:127.0.0.1'] }, undefined],
  ])('%s', async (_what, certificate, domain) => {
    expect((await attempt(certificate, domain)).outcome).toEqual(['secret'])
  })

  it.each([
    [
      'another domain',
      { names: ['URI:sip:example.org'] },
      /the certificate is for example\.org, not for example\.com$/,
    ],
    [
      'a DNS name beside a URI',
      { names: ['DNS:example.com', 'URI:sip:example.org'] },
      /not for example\.com$/,
    ],
    ['a wildcard', { names: ['DNS:*.com', 'DNS:*.example.com'] }, /for no SIP domain/],
    ['the address that it was found at', { names: ['IP:127.0.0.1'] }, /not for example\.com$/],
    [
      'a common name beside an alternative',
      { name: 'example.com', names: ['DNS:a.com'] },
      /not for example\.com$/,
    ],
    ['a certificate of the past', { name: 'example.com', until: new Date(Date.now() - DAY) }, /expired/],
    [
      'a certificate of the future',
      { name: 'example.com', from: new Date(Date.now() + DAY) },
      /not yet valid/,
    ],
  ])('not %s; and nothing is sent before that is known', async (_what, certificate, message) => {
    const server = await bareServer(authority.issue(certificate))
    const { transport, next } = await listening(trusting)
    const flow = transport.connect(server.local, { domain: 'example.com' })
    const error = await failure(flow)
    expect(error).toBeInstanceOf(TransportError)
    expect(error.message).toMatch(/^TLS 127\.0\.0\.1:\d+: cannot be reached: /)
    expect(error.message).toMatch(message)
    expect(await next('closed')).toEqual({ type: 'closed', flow, error })
    await Promise.all(server.closed)
    expect(server.received).toEqual([])
  })

  it('not a certificate of strangers, whatever it says', async () => {
    const { outcome } = await attemptWith(strangers.issue({ names: ['URI:sip:example.com'] }), 'example.com')
    expect(outcome).toMatch(/cannot be reached: unable to/)
  })

  it('nobody that only Node knows if authorities are given, and those by default', async () => {
    const { outcome } = await attempt({ names: ['URI:sip:example.com'] }, 'example.com', LOCAL)
    expect(outcome).toMatch(/cannot be reached: unable to/)
  })

  it('anybody, in a laboratory', async () => {
    const lab = { ...LOCAL, verify: false }
    expect((await attempt({ name: 'nobody' }, 'example.com', lab)).outcome).toEqual(['secret'])
  })

  it('by the name that was asked for, and by none for an address', async () => {
    const names = ['URI:sip:example.com', 'IP:127.0.0.1']
    expect((await attempt({ names }, 'example.com')).names).toEqual(['example.com'])
    expect((await attempt({ names }, '127.0.0.1')).names).toEqual([false])
  })

  it('as TLS, and nothing else', async () => {
    const { transport, next } = await listening(trusting)
    const server = await bareServer({
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
      ...example,
    })
    const flow = transport.connect(server.local, { domain: 'example.com' })
    expect((await failure(flow)).message).toMatch(/cannot be reached: /)
    await next('closed')
  })

  it('once for each domain at an address', async () => {
    const server = await bareServer(authority.issue({ names: ['URI:sip:a.com', 'URI:sip:b.com'] }))
    const { transport, next } = await listening(trusting)
    const a = transport.connect(server.local, { domain: 'a.com' })
    await next('open')
    expect(transport.connect(server.local, { domain: 'A.com' })).toBe(a)
    const b = transport.connect(server.local, { domain: 'b.com' })
    expect(b).not.toBe(a)
    await next('open')
    a.close()
    b.close()
    await Promise.all(server.closed)
  })
})

describe('who connects to a TLS transport', () => {
  const alice = authority.issue({ names: ['URI:sip:alice.example.com'] })

  it('is not asked for a certificate, speaks for nobody, and can be reached as what has connected', async () => {
    const server = await listening({ ...LOCAL, ...example })
    const client = await listening({ ...trusting, ...alice })
    client.transport.connect(server.local, { domain: 'example.com' })
    const { flow } = await server.next('open')
    expect(server.transport.connect(flow.remote)).toBe(flow)
    flow.alias?.(client.local.port)
    for (const domain of ['alice.example.com', '127.0.0.1']) {
      const other = server.transport.connect(client.local, { domain })
      expect(other).not.toBe(flow)
      other.close()
    }
  })

  it.each(['optional', 'required'] as const)(
    '%s: can prove a domain, and be reached as that',
    async (clientCertificate) => {
      const server = await listening({ ...trusting, ...example, clientCertificate })
      const client = await listening({ ...trusting, ...alice })
      client.transport.connect(server.local, { domain: 'example.com' })
      const { flow } = await server.next('open')
      flow.alias?.(client.local.port)
      expect(server.transport.connect(client.local, { domain: 'Alice.example.com' })).toBe(flow)
      const other = server.transport.connect(client.local, { domain: 'bob.example.com' })
      expect(other).not.toBe(flow)
      other.close()
    },
  )

  it('optional: proves nothing without a certificate, or with one of strangers', async () => {
    const server = await listening({ ...trusting, ...example, clientCertificate: 'optional' })
    for (const identity of [{}, strangers.issue({ names: ['URI:sip:alice.example.com'] })]) {
      const client = await listening({ ...trusting, ...identity })
      const out = client.transport.connect(server.local, { domain: 'example.com' })
      out.send(textToBytes('hello'), () => {})
      const { flow } = await server.next('open')
      expect(await server.text()).toBe('hello')
      flow.alias?.(client.local.port)
      const other = server.transport.connect(client.local, { domain: 'alice.example.com' })
      expect(other).not.toBe(flow)
      other.close()
    }
  })

  it('required: is sent away without a certificate, or with one of strangers', async () => {
    const server = await listening({ ...trusting, ...example, clientCertificate: 'required' })
    for (const identity of [{}, strangers.issue({ names: ['URI:sip:alice.example.com'] })]) {
      const client = await listening({ ...trusting, ...identity })
      const flow = client.transport.connect(server.local, { domain: 'example.com' })
      flow.send(textToBytes('hello'), () => {})
      expect((await client.next('closed')).flow).toBe(flow)
    }
    expect(server.events).toEqual([])
  })

  it('speaks TLS 1.2 at least', async () => {
    const { local, events } = await listening({ ...LOCAL, ...example })
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
    await expect(bareClient(local, old)).rejects.toMatchObject({
      code: expect.stringMatching(/ALERT_PROTOCOL_VERSION/),
    })
    expect(events).toEqual([])
    const socket = await bareClient(local, { maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined })
    expect(socket.getProtocol()).toBe('TLSv1.2')
  })

  it('speaks TLS 1.3 at least, if told so', async () => {
    const { local } = await listening({ ...LOCAL, ...example, minVersion: 'TLSv1.3' })
    await expect(bareClient(local, { maxVersion: 'TLSv1.2' })).rejects.toThrow()
  })

  it('and says nothing is not waited for when the transport closes', async () => {
    const { transport, local, next, events } = await listening({ ...LOCAL, ...example })
    const socket = connectTcp(local)
    await once(socket, 'connect')
    // A handshake that is not the first: by then the silent one was seen.
    await bareClient(local, { checkServerIdentity: () => undefined })
    await next('open')
    const closed = once(socket, 'close')
    await transport.close()
    await closed
    expect(events.map(({ type }) => type)).toEqual(['closed'])
  })

  it('and speaks something else is heard by nobody', async () => {
    const { local, events } = await listening({ ...LOCAL, ...example })
    const socket = connectTcp(local)
    socket.write('OPTIONS sip:a@b SIP/2.0\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
    expect(events).toEqual([])
  })
})

describe('the certificate of a TLS transport', () => {
  it('must be readable, and fit its key', () => {
    for (const identity of [
      { cert: 'x', key: example.key },
      { cert: example.cert, key: 'x' },
      { cert: example.cert, key: authority.issue().key },
      { ca: 'x' },
    ])
      expect(() => tls(identity)).toThrow(ArgumentError)
  })

  it('can be another one from now on, while connections stay', async () => {
    const server = await listening({ ...LOCAL, ...example })
    const one = await bareClient(server.local, { checkServerIdentity: () => undefined })
    const { flow } = await server.next('open')
    server.transport.reload(authority.issue({ names: ['URI:sip:example.org'] }))
    const other = await bareClient(server.local, { checkServerIdentity: () => undefined })
    expect(one.getPeerCertificate().subjectaltname).toBe('URI:sip:example.com')
    expect(other.getPeerCertificate().subjectaltname).toBe('URI:sip:example.org')
    one.write('still here')
    expect(await server.text()).toBe('still here')
    flow.send(textToBytes('me too'), () => {})
    expect(String((await once(one, 'data'))[0])).toBe('me too')
  })

  it('is the new one for own connections, too', async () => {
    const server = await listening({ ...trusting, ...example, clientCertificate: 'required' })
    const client = await listening(trusting)
    client.transport.reload(authority.issue({ names: ['URI:sip:alice.example.com'] }))
    client.transport.connect(server.local, { domain: 'example.com' })
    await server.next('open')
  })

  it('stays what it is if the other one cannot be used', async () => {
    const server = await listening({ ...LOCAL, ...example })
    expect(() => server.transport.reload({ cert: authority.issue().cert })).toThrow(ArgumentError)
    const socket = await bareClient(server.local, { checkServerIdentity: () => undefined })
    expect(socket.getPeerCertificate().subjectaltname).toBe('URI:sip:example.com')
  })

  it('is kept when the transport is opened again', async () => {
    const server = await listening({ ...LOCAL, ...example })
    server.transport.reload(authority.issue({ names: ['URI:sip:example.org'] }))
    await server.transport.close()
    await server.transport.listen({ onTransport: () => {} })
    const socket = await bareClient(server.transport.local, { checkServerIdentity: () => undefined })
    expect(socket.getPeerCertificate().subjectaltname).toBe('URI:sip:example.org')
  })
})

it('says what it is', async () => {
  const { transport, local } = await listening({ ...LOCAL, ...example })
  expect(transport).toMatchObject({ protocol: 'TLS', reliable: true, secure: true, framing: 'stream' })
  expect(local.port).toBeGreaterThan(0)
})
