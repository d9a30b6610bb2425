/* Certificates for tests, made when they run (X.509 v3, RFC 5280), with just what the tests need in them. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv6 } from 'node:net'

/** What a certificate says. */
export interface CertificateInit {
  /** The common name; default `'test'`. */
  readonly name?: string
  /** Alternative names: `'DNS:example.com'`, `'URI:sip:example.com'`, `'IP:127.0.0.1'`; default none. */
  readonly names?: readonly string[]
  /** Default a day ago. */
  readonly from?: Date
  /** Default a day from now. */
  readonly until?: Date
}

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

const DAY = 86_400_000

/** An authority that nobody trusts who is not told to. */
export class TestAuthority {
  /** Its own certificate, in PEM. */
  readonly cert: string
  readonly #name: string
  readonly #key: KeyObject

  constructor(name = 'Test Authority') {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#name = name
    this.#key = privateKey
    this.cert = this.#sign(publicKey, { name }, [basicConstraints(true)])
  }

  /** A certificate of this authority. */
  issue(init: CertificateInit = {}): Certificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { names = [] } = init
    const extensions = [basicConstraints(false), ...(names.length > 0 ? [alternativeNames(names)] : [])]
    return {
      cert: this.#sign(publicKey, init, extensions),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    }
  }

  #sign(subjectKey: KeyObject, init: CertificateInit, extensions: readonly Buffer[]): string {
    const { name = 'test', from = new Date(Date.now() - DAY), until = new Date(Date.now() + DAY) } = init
    const keyId = createHash('sha1')
      .update(subjectKey.export({ type: 'spki', format: 'der' }))
      .digest()
    const body = sequence(
      tagged(0xa0, integer(Buffer.of(2))),
      // Positive, and never twice.
      integer(Buffer.concat([Buffer.of(1), randomBytes(12)])),
      ECDSA_WITH_SHA256,
      distinguishedName(this.#name),
      sequence(time(from), time(until)),
      distinguishedName(name),
      subjectKey.export({ type: 'spki', format: 'der' }),
      tagged(0xa3, sequence(...extensions, extension('2.5.29.14', tagged(0x04, keyId)))),
    )
    const der = sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, this.#key)))
    const lines = der.toString('base64').match(/.{1,64}/g) ?? []
    return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
  }
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content])
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 255), content])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts)
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes)
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.of(0), bytes)
}

function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const septets = rest.flatMap((arc) => {
    const bytes = [arc & 127]
    for (let left = arc >> 7; left > 0; left >>= 7) bytes.unshift((left & 127) | 128)
    return bytes
  })
  return tagged(0x06, Buffer.of(first * 40 + second, ...septets))
}

const ECDSA_WITH_SHA256 = sequence(identifier('1.2.840.10045.4.3.2'))

function distinguishedName(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(identifier('2.5.4.3'), tagged(0x0c, Buffer.from(commonName)))))
}

function time(date: Date): Buffer {
  return tagged(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\..*/g, '')}Z`))
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [tagged(0x01, Buffer.of(255))] : []
  return sequence(identifier(id), ...flag, tagged(0x04, value))
}

function basicConstraints(isAuthority: boolean): Buffer {
  return extension('2.5.29.19', sequence(...(isAuthority ? [tagged(0x01, Buffer.of(255))] : [])), true)
}

function alternativeNames(names: readonly string[]): Buffer {
  return extension('2.5.29.17', sequence(...names.map(alternativeName)))
}

function alternativeName(name: string): Buffer {
  const colon = name.indexOf(':')
  const value = name.slice(colon + 1)
  switch (name.slice(0, colon)) {
    case 'DNS':
      return tagged(0x82, Buffer.from(value))
    case 'URI':
      return tagged(0x86, Buffer.from(value))
    case 'IP':
      return tagged(0x87, addressBytes(value))
    default:
      throw new Error(`${name}: only DNS, URI and IP are known here`)
  }
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  const [before = '', after = ''] = address.split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const [head, tail] = [groups(before), groups(after)]
  const zeros = Array(8 - head.length - tail.length).fill('0')
  return Buffer.concat(
    [...head, ...zeros, ...tail].map((group) => Buffer.from(group.padStart(4, '0'), 'hex')),
  )
}
