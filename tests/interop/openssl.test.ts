import { Endpoint, type Transport } from 'sip-core'
import { nodePlatform, tls } from 'sip-core/node'
import { describe, expect, it } from 'vitest'
import { type CertificateInit, TestAuthority } from '../../packages/sip-core/src/node/certificates.fixture.ts'
import { Files, Openssl } from './openssl.ts'

const DAY = 86_400_000
const authority = new TestAuthority()
const strangers = new TestAuthority('Strangers')
const local = { host: '127.0.0.1', port: 0 }
const names = ['URI:sip:example.com', 'DNS:example.com']
const OLD = ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']

const OPTIONS = [
  'OPTIONS sip:probe@example.com SIP/2.0',
  'Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKopenssl',
  'From: <sip:a@example.com>;tag=1',
  'To: <sip:probe@example.com>',
  'Call-ID: openssl',
  'CSeq: 1 OPTIONS',
  'Max-Forwards: 70',
  'Content-Length: 0',
  '',
  '',
].join('\r\n')

describe('openssl s_client and our TLS server', () => {
  async function setUp(options: Parameters<typeof tls>[0] = {}) {
    const transport = tls({ ...local, ...authority.issue({ names }), ca: authority.cert, ...options })
    const endpoint = await Endpoint.start(nodePlatform(), [transport])
    const files = await Files.make()
    return {
      transport,
      files,
      address: transport.local,
      trust: ['-CAfile', await files.with(authority.cert), '-verify_return_error'],
      async [Symbol.asyncDispose]() {
        await endpoint.close()
        await files[Symbol.asyncDispose]()
      },
    }
  }

  /** The arguments that show a certificate. */
  async function shows(files: Files, { cert, key }: { cert: string; key: string }) {
    return ['-cert', await files.with(cert), '-key', await files.with(key)]
  }

  it('talk', async () => {
    await using scene = await setUp()
    await using client = Openssl.client(scene.address, ...scene.trust, '-verify_hostname', 'example.com')
    await client.prints(/^Verify return code: 0 \(ok\)/m)
    client.write(OPTIONS)
    await client.prints(/SIP\/2\.0 200 OK[\s\S]*\r\n\r\n/)
    client.write('\r\n\r\n')
  })

  it('part where the client does not trust the authority', async () => {
    await using scene = await setUp()
    const stranger = await scene.files.with(strangers.cert)
    await using client = Openssl.client(scene.address, '-CAfile', stranger, '-verify_return_error')
    await client.prints(/unable to (verify|get local issuer)|self[- ]signed/)
    expect(await client.ended()).not.toBe(0)
  })

  it('part where the client shows no certificate although one is required', async () => {
    await using scene = await setUp({ clientCertificate: 'required' })
    await using client = Openssl.client(scene.address, ...scene.trust)
    client.write(OPTIONS)
    await client.ended()
    expect(client.output).not.toContain('SIP/2.0 200')
  })

  it('part where the certificate of the client is of strangers', async () => {
    await using scene = await setUp({ clientCertificate: 'required' })
    const certificate = await shows(scene.files, strangers.issue({ names }))
    await using client = Openssl.client(scene.address, ...scene.trust, ...certificate)
    client.write(OPTIONS)
    await client.ended()
    expect(client.output).not.toContain('SIP/2.0 200')
  })

  it('talk where the certificate of the client holds', async () => {
    await using scene = await setUp({ clientCertificate: 'required' })
    const certificate = await shows(scene.files, authority.issue({ names: ['URI:sip:client.example.com'] }))
    await using client = Openssl.client(scene.address, ...scene.trust, ...certificate)
    client.write(OPTIONS)
    await client.prints(/SIP\/2\.0 200 OK/)
  })

  it('do not speak TLS 1.1', async () => {
    await using scene = await setUp()
    await using client = Openssl.client(scene.address, ...OLD)
    await client.prints(/alert protocol version/)
    expect(await client.ended()).not.toBe(0)
  })

  it.each(['-tls1_2', '-tls1_3'])('speak %s', async (version) => {
    await using scene = await setUp()
    await using client = Openssl.client(scene.address, ...scene.trust, version)
    client.write(OPTIONS)
    await client.prints(/SIP\/2\.0 200 OK/)
  })

  it('see the certificate that was loaded last', async () => {
    await using scene = await setUp()
    scene.transport.reload(authority.issue({ name: 'the new one', names }))
    await using client = Openssl.client(scene.address, ...scene.trust)
    await client.prints(/^subject=.*the new one/m)
  })
})

describe('our TLS client and openssl s_server', () => {
  /** A server with this certificate, and a transport that trusts `authority`. */
  async function setUp(
    certificate: CertificateInit,
    {
      by = authority,
      args = [],
      identity = {},
    }: {
      readonly by?: TestAuthority
      readonly args?: readonly string[]
      readonly identity?: { readonly cert?: string; readonly key?: string }
    } = {},
  ) {
    const files = await Files.make()
    const { cert, key } = by.issue(certificate)
    const ca = await files.with(authority.cert)
    const { openssl, address } = await Openssl.server(
      ...['-cert', await files.with(cert), '-key', await files.with(key), '-CAfile', ca],
      ...args,
    )
    const transport: Transport = tls({ ...local, ca: authority.cert, ...identity })
    let onClosed = () => {}
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve
    })
    await transport.listen({ onTransport: ({ type }) => type === 'closed' && onClosed() })
    return {
      openssl,
      closed,
      /** The error, if it comes to that. */
      send: (domain = 'example.com') =>
        new Promise<Error>((resolve) => {
          transport.connect(address, { domain }).send(new TextEncoder().encode('the message\n'), resolve)
        }),
      async [Symbol.asyncDispose]() {
        await transport.close()
        await openssl[Symbol.asyncDispose]()
        await files[Symbol.asyncDispose]()
      },
    }
  }

  it.each([
    ['a URI', { names: ['URI:sip:example.com'] }],
    ['a DNS name', { names: ['DNS:example.com'] }],
    ['a common name', { name: 'example.com' }],
  ])('talk where the domain is %s of the certificate', async (_what, certificate) => {
    await using scene = await setUp(certificate)
    void scene.send()
    await scene.openssl.prints(/^the message$/m)
  })

  it.each([
    ['of another domain', { names: ['URI:sip:example.org'] }, authority],
    ['with a wildcard', { names: ['DNS:*.com'] }, authority],
    ['that has expired', { names, until: new Date(Date.now() - DAY) }, authority],
    ['of strangers', { names }, strangers],
  ])('part where the certificate is one %s, and nothing is said', async (_what, certificate, by) => {
    await using scene = await setUp(certificate, { by })
    expect((await scene.send()).message).toContain('cannot be reached')
    await scene.openssl.prints(/^(ERROR|DONE|shutting down SSL|CONNECTION CLOSED)/m)
    expect(scene.openssl.output).not.toContain('the message')
  })

  it('part where the server wants a certificate and there is none', async () => {
    await using scene = await setUp({ names }, { args: ['-Verify', '1', '-verify_return_error'] })
    void scene.send()
    await scene.closed
    expect(scene.openssl.output).not.toContain('the message')
  })

  it('talk where the server wants a certificate and there is one', async () => {
    const identity = authority.issue({ names: ['URI:sip:client.example.com'] })
    await using scene = await setUp({ names }, { args: ['-Verify', '1', '-verify_return_error'], identity })
    void scene.send()
    await scene.openssl.prints(/^the message$/m)
  })

  it('do not speak TLS 1.1', async () => {
    await using scene = await setUp({ names }, { args: OLD })
    expect((await scene.send()).message).toContain('cannot be reached')
  })
})
