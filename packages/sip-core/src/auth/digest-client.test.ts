import { describe, expect, it, vi } from 'vitest'
import { ArgumentError } from '../base/errors.ts'
import {
  Authorization,
  AuthValue,
  type OutgoingRequest,
  ProxyAuthorization,
  type SipResponse,
} from '../message/index.ts'
import { SeededRandom } from '../testing/index.ts'
import { request, response } from './auth.fixture.ts'
import type { Credentials, CredentialsSource } from './credentials.ts'
import { digestHa1, digestResponse } from './digest.ts'
import { digestAlgorithm } from './digest-algorithm.ts'
import { DigestClient, type DigestClientInit, type ServerProof } from './digest-client.ts'

const ALICE = { username: 'alice', password: 'secret' }
const WWW = 'WWW-Authenticate'
const PROXY = 'Proxy-Authenticate'

const client = (credentials: CredentialsSource = ALICE, init: Partial<DigestClientInit> = {}) =>
  new DigestClient({ credentials, random: new SeededRandom(1), ...init })

type Lines = Readonly<Record<string, string | readonly string[]>>

/** One request and what becomes of it. */
class Exchange {
  request: OutgoingRequest
  readonly #answer: (request: OutgoingRequest, response: SipResponse) => unknown

  constructor(digest: DigestClient, first = request()) {
    this.request = first
    digest.authorize(first)
    this.#answer = digest.answers()
  }

  /** A challenge came; whether it was answered. */
  challenge(lines: Lines, status = 401): boolean {
    const next = this.#answer(this.request, response(this.request, status, lines)) as
      | OutgoingRequest
      | undefined
    if (next !== undefined) this.request = next
    return next !== undefined
  }

  get(name: string, header = Authorization): string | undefined {
    return this.values(header)[0]?.params.get(name)
  }

  values(header = Authorization): readonly AuthValue[] {
    return this.request.headers.getAll(header)
  }
}

describe('a challenge', () => {
  it('is answered by a new request with credentials and the next CSeq number', () => {
    const exchange = new Exchange(client())
    const first = exchange.request
    expect(
      exchange.challenge({ [WWW]: 'Digest realm="r", nonce="n", qop="auth", opaque="o", algorithm=MD5' }),
    ).toBe(true)
    expect(exchange.request).not.toBe(first)
    expect(first.headers.has(Authorization)).toBe(false)
    expect(exchange.request.cseq).toEqual({ seq: 8, method: 'REGISTER' })
    const cnonce = exchange.get('cnonce') as string
    const ha1 = digestHa1('MD5', 'alice', 'r', 'secret')
    const algorithm = digestAlgorithm('MD5')
    if (algorithm === undefined) throw new Error()
    const digest = digestResponse({
      ...{ algorithm, ha1, nonce: 'n', qop: 'auth', nc: '00000001', cnonce },
      ...{ method: 'REGISTER', uri: 'sip:example.com', body: new Uint8Array(0) },
    })
    // RFC 7616 §3.4: what has quotes and what has none.
    expect(exchange.request.headers.get('Authorization')).toBe(
      `Digest username="alice", realm="r", nonce="n", uri="sip:example.com", response="${digest}", opaque="o", ` +
        `cnonce="${cnonce}", algorithm=MD5, qop=auth, nc=00000001`,
    )
  })

  it('of a peer that knows no qop or algorithm is answered without (RFC 2069)', () => {
    const exchange = new Exchange(client())
    exchange.challenge({ [WWW]: 'Digest realm="r", nonce="n"' })
    expect(exchange.values()[0]?.params.size).toBe(5)
    expect([...(exchange.values()[0]?.params ?? [])].map(([name]) => name)).toEqual([
      'username',
      'realm',
      'nonce',
      'uri',
      'response',
    ])
  })

  it('with a -sess algorithm and no qop is answered with the cnonce, which is part of the key', () => {
    const exchange = new Exchange(client())
    exchange.challenge({ [WWW]: 'Digest realm="r", nonce="n", algorithm=MD5-sess' })
    expect(exchange.get('cnonce')).toBeDefined()
    expect([exchange.get('qop'), exchange.get('nc')]).toEqual([undefined, undefined])
  })

  it.each([
    ['auth', false, 'auth'],
    ['auth', true, 'auth'],
    ['auth-int,auth', false, 'auth'],
    ['auth-int, auth', true, 'auth-int'],
    ['AUTH-INT', false, 'auth-int'],
    ['x,auth', false, 'auth'],
    ['', true, undefined],
  ])('with qop "%s" (integrity wanted: %s) is answered with %s', (offered, integrity, chosen) => {
    const exchange = new Exchange(client(ALICE, { integrity }))
    expect(exchange.challenge({ [WWW]: `Digest realm="r", nonce="n", qop="${offered}"` })).toBe(true)
    expect(exchange.get('qop')).toBe(chosen)
  })

  it('covers the body with auth-int', () => {
    const digests = ['v=0', 'v=1'].map((body) => {
      const exchange = new Exchange(client(), request({ method: 'INVITE', body }))
      exchange.challenge({ [WWW]: 'Digest realm="r", nonce="n", qop="auth-int"' })
      return exchange.get('response')
    })
    expect(digests[0]).not.toBe(digests[1])
  })

  it.each([
    'Basic realm="r"',
    'Digest nonce="n", qop="auth"',
    'Digest realm="r", qop="auth"',
    'Digest realm="r", nonce="n", qop="auth-conf"',
    'Digest realm="r", nonce="n", algorithm=AKAv1-MD5',
    'Digest realm="r\\\0", nonce="n"',
    'NTLM',
  ])('that nobody can answer stands: %s', (text) => {
    const exchange = new Exchange(client())
    expect(exchange.challenge({ [WWW]: 'X' })).toBe(false)
    const to = exchange.request
    const challenge = response(to, 401)
    const headers = { getAll: () => [AuthValue.parse(text)] } as unknown as SipResponse['headers']
    const lying = Object.create(challenge, { headers: { value: headers } }) as SipResponse
    expect(client().answers()(to, lying)).toBeUndefined()
  })

  it('with userhash gets the name hashed', () => {
    const exchange = new Exchange(client())
    exchange.challenge({ [WWW]: 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, userhash=true' })
    expect(exchange.get('username')).toMatch(/^[0-9a-f]{64}$/)
    expect(exchange.get('userhash')).toBe('true')
  })

  it('leaves the credentials of other schemes alone', () => {
    const first = request()
    first.headers.add(Authorization, 'Bearer abc')
    const exchange = new Exchange(client(), first)
    exchange.challenge({ [WWW]: 'Digest realm="r", nonce="n"' })
    expect(exchange.values().map(({ scheme }) => scheme)).toEqual(['Bearer', 'Digest'])
  })
})

describe('several challenges', () => {
  const offer = (algorithm: string) => `Digest realm="r", nonce="n", qop="auth", algorithm=${algorithm}`

  it.each([
    [['MD5', 'SHA-256', 'SHA-512-256'], 'SHA-512-256'],
    [['SHA-512-256', 'MD5', 'SHA-256'], 'SHA-512-256'],
    [['SHA-256', 'MD5'], 'SHA-256'],
    [['AKAv1-MD5', 'MD5'], 'MD5'],
    [['SHA-256-sess', 'SHA-256'], 'SHA-256-sess'],
    [['SHA-256', 'SHA-256-sess'], 'SHA-256'],
  ])('of one realm: %j is answered with %s', (offered, chosen) => {
    for (const lines of [offered.map(offer), offered.map(offer).join(', ')]) {
      const exchange = new Exchange(client())
      expect(exchange.challenge({ [WWW]: lines })).toBe(true)
      expect(exchange.values().map(({ params }) => params.get('algorithm'))).toEqual([chosen])
    }
  })

  it('are answered with the best algorithm that the secret is known for', () => {
    const ha1 = { 'SHA-256': digestHa1('SHA-256', 'alice', 'r', 'secret').toUpperCase() }
    const [hashed, plain] = [{ username: 'alice', ha1 }, ALICE].map((credentials) => {
      const exchange = new Exchange(client(credentials))
      exchange.challenge({
        [WWW]: ['MD5', 'SHA-512-256', 'SHA-256'].slice(credentials === ALICE ? 2 : 0).map(offer),
      })
      return exchange.values()[0]?.toString()
    })
    expect(hashed).toBe(plain)
    expect(new Exchange(client({ username: 'alice', ha1: {} })).challenge({ [WWW]: offer('MD5') })).toBe(
      false,
    )
  })

  it('of several realms, of proxies and the server, are answered together', () => {
    const exchange = new Exchange(client())
    expect(
      exchange.challenge({
        [PROXY]: ['Digest realm="p1", nonce="a"', 'Digest realm="p2", nonce="b"'],
        [WWW]: 'Digest realm="p1", nonce="c"',
      }),
    ).toBe(true)
    const answers = [ProxyAuthorization, Authorization].map((header) =>
      exchange.values(header).map(({ params }) => [params.get('realm'), params.get('nonce')]),
    )
    expect(answers).toEqual([
      [
        ['p1', 'a'],
        ['p2', 'b'],
      ],
      [['p1', 'c']],
    ])
  })

  it('one after the other along the way keep the answers to those before', () => {
    const exchange = new Exchange(client())
    expect(exchange.challenge({ [PROXY]: 'Digest realm="p1", nonce="a", qop="auth"' }, 407)).toBe(true)
    expect(exchange.challenge({ [PROXY]: 'Digest realm="p2", nonce="b", qop="auth"' }, 407)).toBe(true)
    expect(exchange.challenge({ [WWW]: 'Digest realm="s", nonce="c", qop="auth"' })).toBe(true)
    expect(
      exchange.values(ProxyAuthorization).map(({ params }) => [params.get('nonce'), params.get('nc')]),
    ).toEqual([
      ['a', '00000003'],
      ['b', '00000002'],
    ])
    expect(exchange.get('nc')).toBe('00000001')
    expect(exchange.request.cseq.seq).toBe(10)
  })
})

describe('a refusal', () => {
  const challenge = (nonce: string, more = '') => ({
    [WWW]: `Digest realm="r", nonce="${nonce}", qop="auth"${more}`,
  })

  it('of what was just sent is not answered again', () => {
    const digest = client()
    const exchange = new Exchange(digest)
    expect(exchange.challenge(challenge('a'))).toBe(true)
    expect(exchange.challenge(challenge('b'))).toBe(false)
    // Nor is it sent with the next request.
    const next = new Exchange(digest)
    expect(next.values()).toEqual([])
  })

  it('of the nonce only is, without asking for credentials again', () => {
    const source = vi.fn(() => ALICE)
    const exchange = new Exchange(client(source))
    expect(exchange.challenge(challenge('a'))).toBe(true)
    expect(exchange.challenge(challenge('b', ', stale=TRUE'))).toBe(true)
    expect([exchange.get('nonce'), exchange.get('nc')]).toEqual(['b', '00000001'])
    expect(source).toHaveBeenCalledTimes(1)
    expect(exchange.challenge(challenge('c', ', stale=false'))).toBe(false)
  })

  it('of what was sent unasked is answered once, with credentials that are asked for anew', () => {
    const source = vi.fn(() => ALICE)
    const digest = client(source)
    new Exchange(digest).challenge(challenge('a'))
    const exchange = new Exchange(digest)
    expect(exchange.get('nonce')).toBe('a')
    expect(exchange.challenge(challenge('b'))).toBe(true)
    expect(exchange.values()).toHaveLength(1)
    expect(exchange.get('nonce')).toBe('b')
    expect(source).toHaveBeenCalledTimes(2)
    expect(exchange.challenge(challenge('c'))).toBe(false)
  })

  it('by one realm does not keep the answer from another', () => {
    const exchange = new Exchange(client())
    expect(exchange.challenge(challenge('a'))).toBe(true)
    expect(exchange.challenge({ ...challenge('b'), [PROXY]: 'Digest realm="p", nonce="c"' })).toBe(true)
    expect(exchange.values()).toEqual([])
    expect(exchange.get('nonce', ProxyAuthorization)).toBe('c')
  })
})

describe('later requests', () => {
  it('bring the credentials along, and count', () => {
    const digest = client()
    new Exchange(digest).challenge({ [WWW]: 'Digest realm="r", nonce="n", qop="auth"' })
    const counts = [1, 2].map(() => {
      const { request: sent } = new Exchange(digest, request({ method: 'BYE', uri: 'sip:bob@h' }))
      const [value] = sent.headers.getAll(Authorization)
      return [value?.params.get('uri'), value?.params.get('nc')]
    })
    expect(counts).toEqual([
      ['sip:bob@h', '00000002'],
      ['sip:bob@h', '00000003'],
    ])
  })

  it('do not where that is not wanted', () => {
    const digest = client(ALICE, { preemptive: false })
    new Exchange(digest).challenge({ [WWW]: 'Digest realm="r", nonce="n", qop="auth"' })
    expect(new Exchange(digest).values()).toEqual([])
  })

  it('use the nonce that the server has named', () => {
    const digest = client()
    const exchange = new Exchange(digest)
    exchange.challenge({ [WWW]: 'Digest realm="r", nonce="n", qop="auth"' })
    digest.learn(
      exchange.request,
      response(exchange.request, 200, { 'Authentication-Info': 'nextnonce="m"' }),
    )
    const next = new Exchange(digest)
    expect([next.get('nonce'), next.get('nc')]).toEqual(['m', '00000001'])
  })

  it('keep the nonce where it is part of the key, and where nobody knows whose it is', () => {
    const info = { 'Authentication-Info': 'nextnonce="m"' }
    const sess = client()
    const one = new Exchange(sess)
    one.challenge({ [WWW]: 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess' })
    sess.learn(one.request, response(one.request, 200, info))
    expect(new Exchange(sess).get('nonce')).toBe('n')

    const digest = client()
    const two = new Exchange(digest)
    two.challenge({
      [WWW]: ['Digest realm="a", nonce="n", qop="auth"', 'Digest realm="b", nonce="o", qop="auth"'],
    })
    digest.learn(two.request, response(two.request, 200, info))
    expect(new Exchange(digest).values().map(({ params }) => params.get('nonce'))).toEqual(['n', 'o'])
    const cnonce = two.values()[1]?.params.get('cnonce')
    digest.learn(
      two.request,
      response(two.request, 200, { 'Authentication-Info': `nextnonce="m", cnonce="${cnonce}"` }),
    )
    expect(new Exchange(digest).values().map(({ params }) => params.get('nonce'))).toEqual(['n', 'm'])
  })
})

describe("a server's proof", () => {
  it.each(['auth', 'auth-int'])('is checked with %s', (qop) => {
    const proofs: ServerProof[] = []
    const digest = client(ALICE, { onProof: (proof) => proofs.push(proof) })
    const exchange = new Exchange(digest)
    exchange.challenge({ [WWW]: `Digest realm="r", nonce="n", qop="${qop}"` })
    const algorithm = digestAlgorithm('MD5')
    if (algorithm === undefined) throw new Error()
    const body = 'hello'
    const rspauth = digestResponse({
      ...{ algorithm, ha1: digestHa1('MD5', 'alice', 'r', 'secret'), nonce: 'n', nc: '00000001' },
      ...{ qop: qop as 'auth', cnonce: exchange.get('cnonce') as string, method: '', uri: 'sip:example.com' },
      body: new TextEncoder().encode(body),
    })
    const learn = (text: string, said = body) =>
      digest.learn(exchange.request, response(exchange.request, 200, { 'Authentication-Info': text }, said))
    learn(`rspauth="${rspauth}"`)
    learn(`rspauth="${rspauth.toUpperCase()}"`)
    learn(`rspauth="${rspauth}x"`)
    learn(`rspauth="${rspauth}"`, 'other')
    learn(`qop=${qop}`)
    expect(proofs.map(({ valid }) => valid)).toEqual([true, true, false, qop === 'auth'])
    expect(proofs[0]).toMatchObject({ realm: 'r', role: 'server' })
  })
})

describe('credentials', () => {
  const challenge = { [WWW]: 'Digest realm="r", nonce="n", qop="auth"' }

  it('are those for the realm, else those for any', () => {
    const list: Credentials[] = [
      { username: 'any', password: 'x' },
      { username: 'r', realm: 'r', password: 'x' },
      { username: 's', realm: 's', password: 'x' },
    ]
    const name = (...credentials: Credentials[]) => {
      const exchange = new Exchange(client(credentials))
      return exchange.challenge(challenge) ? exchange.get('username') : undefined
    }
    expect(name(...list)).toBe('r')
    expect(name(...list.slice(0, 1))).toBe('any')
    expect(name(...list.slice(2))).toBeUndefined()
  })

  it('may be asked for, once for each realm', () => {
    const source = vi.fn(() => undefined)
    const exchange = new Exchange(client(source))
    expect(exchange.challenge(challenge)).toBe(false)
    expect(source.mock.calls).toMatchObject([[{ realm: 'r', role: 'server', request: exchange.request }]])
    expect(exchange.challenge(challenge)).toBe(false)
    expect(source).toHaveBeenCalledTimes(1)
  })

  it('may take their time, and be waited for together', async () => {
    const digest = client(async ({ realm }) => ({ username: realm, password: 'x' }))
    const to = request()
    const answer = digest.answers()(
      to,
      response(to, 401, { [WWW]: ['Digest realm="a", nonce="n"', 'Digest realm="b", nonce="n"'] }),
    )
    expect(answer).toBeInstanceOf(Promise)
    const next = await answer
    expect(next?.headers.getAll(Authorization).map(({ params }) => params.get('username'))).toEqual([
      'a',
      'b',
    ])
  })

  it('that cannot be written are refused at once', () => {
    expect(() => client({ username: 'a\r\nb', password: '' })).toThrow(ArgumentError)
    expect(() => client([{ username: 'a\0', password: '' }])).toThrow(ArgumentError)
  })

  it.each([
    () => {
      throw new Error('no keyring')
    },
    () => Promise.reject(new Error('no keyring')),
  ])('that cannot be got leave the challenge standing: %s', async (source) => {
    const uncaught: unknown[] = []
    vi.stubGlobal('queueMicrotask', (task: () => void) => {
      try {
        task()
      } catch (error) {
        uncaught.push(error)
      }
    })
    const to = request()
    expect(await client(source).answers()(to, response(to, 401, challenge))).toBeUndefined()
    vi.unstubAllGlobals()
    expect(uncaught).toEqual([new Error('no keyring')])
  })
})
