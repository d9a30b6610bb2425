import { describe, expect, it, vi } from 'vitest'
import { StateError } from '../base/errors.ts'
import { Authorization, AuthParams, AuthValue, type OutgoingRequest } from '../message/index.ts'
import { SeededRandom, VirtualClock } from '../testing/index.ts'
import { arrived, type RequestOptions, request, response } from './auth.fixture.ts'
import type { Credentials } from './credentials.ts'
import { digestHa1 } from './digest.ts'
import {
  DigestAuthenticator,
  type DigestAuthenticatorInit,
  type DigestUser,
  type Verdict,
} from './digest-authenticator.ts'
import { DigestClient, type ServerProof } from './digest-client.ts'
import { requireAuth } from './require-auth.ts'

const ALICE = { username: 'alice', password: 'secret' }

type User = DigestUser & { readonly id?: number }
type Init = Partial<DigestAuthenticatorInit<User>>

/** A server that knows Alice, and clients that ask it. */
class Scene {
  readonly clock = new VirtualClock()
  readonly random = new SeededRandom(1)
  readonly users = new Map<string, User>([['alice', { password: 'secret', id: 1 }]])
  readonly server: DigestAuthenticator<User>

  constructor(init: Init = {}) {
    const { clock, random } = this
    const lookup = ({ username }: { username: string }) => this.users.get(username)
    this.server = new DigestAuthenticator({ clock, random, realm: 'example.com', lookup, ...init })
  }

  client(
    credentials: Credentials = ALICE,
    init: Partial<ConstructorParameters<typeof DigestClient>[0]> = {},
  ) {
    return new DigestClient({ credentials, random: this.random, ...init })
  }

  verify(sent: OutgoingRequest): Verdict<User> {
    const verdict = this.server.verify(arrived(sent))
    if (verdict instanceof Promise) throw new Error('the look-up took its time')
    return verdict
  }

  /** The request with the credentials that the server has asked for. */
  answered(client = this.client(), options: RequestOptions = {}): OutgoingRequest {
    const first = request(options)
    client.authorize(first)
    const verdict = this.verify(first)
    if (verdict.type !== 'challenge') throw new Error(verdict.type)
    const next = client.answers()(first, response(first, verdict.status, verdict.headers))
    if (next === undefined || next instanceof Promise) throw new Error('no answer')
    return next
  }
}

const type = ({ type, ...verdict }: Verdict<User>) => ('stale' in verdict && verdict.stale ? 'stale' : type)

describe('a request', () => {
  it('without credentials is challenged, the best algorithm first', () => {
    const { server } = new Scene({ algorithms: ['SHA-512-256', 'SHA-256', 'MD5'], qop: ['auth', 'auth-int'] })
    const verdict = server.verify(arrived(request()))
    if (verdict instanceof Promise || verdict.type !== 'challenge') throw new Error()
    expect(verdict.status).toBe(401)
    const lines = verdict.headers['WWW-Authenticate'] ?? []
    const nonce = AuthValue.parse(lines[0] ?? '').params.get('nonce')
    expect(lines).toEqual(
      ['SHA-512-256', 'SHA-256', 'MD5'].map(
        (algorithm) =>
          `Digest realm="example.com", nonce="${nonce}", qop="auth,auth-int", algorithm=${algorithm}`,
      ),
    )
  })

  it('that answers is let pass, with the user as the application knows him', () => {
    const scene = new Scene()
    expect(scene.verify(scene.answered())).toMatchObject({
      type: 'ok',
      user: { id: 1 },
      username: 'alice',
      realm: 'example.com',
    })
  })

  it('that a proxy asks is challenged as by a proxy', () => {
    const scene = new Scene({ role: 'proxy' })
    const verdict = scene.verify(request())
    expect(verdict).toMatchObject({
      status: 407,
      headers: { 'Proxy-Authenticate': [expect.any(String), expect.any(String)] },
    })
    const answered = scene.verify(scene.answered())
    if (answered.type !== 'ok') throw new Error(answered.type)
    expect(Object.keys(answered.confirm())).toEqual(['Proxy-Authentication-Info'])
  })

  it.each(['ACK', 'CANCEL'])('%s is not for this', (method) => {
    expect(() => new Scene().verify(request({ method }))).toThrow(StateError)
  })
})

describe('credentials', () => {
  it('are taken with a hash in place of the password, in either case', () => {
    const scene = new Scene()
    scene.users.set('alice', {
      ha1: { 'SHA-256': digestHa1('SHA-256', 'alice', 'example.com', 'secret').toUpperCase() },
    })
    expect(scene.verify(scene.answered()).type).toBe('ok')
    scene.users.set('alice', { ha1: { MD5: digestHa1('MD5', 'alice', 'example.com', 'secret') } })
    expect(scene.verify(scene.answered()).type).toBe('forbidden')
  })

  it('are refused alike whether it is the password or the user that is wrong', () => {
    const scene = new Scene()
    const wrong = scene.verify(scene.answered(scene.client({ username: 'alice', password: 'x' })))
    const unknown = scene.verify(scene.answered(scene.client({ username: 'mallory', password: 'x' })))
    expect(wrong).toEqual({ type: 'forbidden', status: 403, username: 'alice', headers: {} })
    expect(unknown).toEqual({ ...wrong, username: 'mallory' })
  })

  it('for another realm are not seen', () => {
    const scene = new Scene()
    const other = new Scene({ realm: 'other' })
    expect(type(scene.verify(other.answered()))).toBe('challenge')
    const both = scene.answered()
    both.headers.prepend(Authorization, other.answered().headers.get(Authorization) as AuthValue)
    expect(scene.verify(both).type).toBe('ok')
  })

  it('for a nonce of somebody else are not looked up', () => {
    const lookup = vi.fn(() => undefined)
    const scene = new Scene({ lookup, secret: 'a' })
    expect(type(scene.verify(new Scene({ secret: 'b' }).answered()))).toBe('challenge')
    expect(lookup).not.toHaveBeenCalled()
    expect(type(new Scene({ secret: 'b' }).verify(new Scene({ secret: 'b' }).answered()))).toBe('ok')
  })

  it('without qop are taken only where that is said, and then once', () => {
    const naive = (scene: Scene) => {
      const first = request()
      const verdict = scene.verify(first)
      if (verdict.type !== 'challenge') throw new Error()
      const lines = (verdict.headers['WWW-Authenticate'] ?? []).map((line) =>
        line.replace(' qop="auth",', ''),
      )
      return scene.client().answers()(
        first,
        response(first, 401, { 'WWW-Authenticate': lines }),
      ) as OutgoingRequest
    }
    const strict = new Scene()
    expect(type(strict.verify(naive(strict)))).toBe('challenge')
    const lax = new Scene({ requireQop: false })
    const sent = naive(lax)
    expect([type(lax.verify(sent)), type(lax.verify(sent))]).toEqual(['ok', 'stale'])
  })

  it('with an algorithm or qop that was not offered are not taken', () => {
    const scene = new Scene({ secret: 's', qop: ['auth', 'auth-int'] })
    const sent = scene.answered(scene.client(ALICE, { integrity: true }))
    expect(type(new Scene({ secret: 's', qop: ['auth-int'], algorithms: ['MD5'] }).verify(sent))).toBe(
      'challenge',
    )
    expect(type(new Scene({ secret: 's', qop: ['auth'] }).verify(sent))).toBe('challenge')
    expect(type(new Scene({ secret: 's', qop: ['auth-int'] }).verify(sent))).toBe('ok')
  })

  it.each(['MD5-sess', 'SHA-256-sess', 'SHA-512-256-sess'] as const)(
    'of %s are taken, and again',
    (algorithm) => {
      const scene = new Scene({ algorithms: [algorithm] })
      const client = scene.client()
      expect(scene.verify(scene.answered(client)).type).toBe('ok')
      const next = request()
      client.authorize(next)
      expect(scene.verify(next).type).toBe('ok')
    },
  )

  it('with the name hashed lead to whom the application finds by it', () => {
    const lookup = vi.fn(() => ALICE)
    const scene = new Scene({ lookup, userhash: true })
    expect(scene.verify(scene.answered()).type).toBe('ok')
    const [[asked]] = lookup.mock.calls as unknown as [[{ username: string }]]
    expect(asked).toMatchObject({ userhash: 'SHA-256', realm: 'example.com' })
    expect(asked.username).toMatch(/^[0-9a-f]{64}$/)
  })

  it('may be for any realm that the application names', () => {
    const realm = vi.fn(() => 'tenant')
    const scene = new Scene({ realm })
    expect(scene.verify(scene.answered())).toMatchObject({ type: 'ok', realm: 'tenant' })
  })

  it('may be looked up later; of two equal ones that wait only one passes', async () => {
    const scene = new Scene({ lookup: async () => ALICE })
    const first = request()
    const challenge = await scene.server.verify(arrived(first))
    if (challenge.type === 'ok') throw new Error()
    const sent = scene.client().answers()(first, response(first, 401, challenge.headers)) as OutgoingRequest
    const verdicts = await Promise.all([
      scene.server.verify(arrived(sent)),
      scene.server.verify(arrived(sent)),
    ])
    expect(verdicts.map(type)).toEqual(['ok', 'stale'])
  })
})

describe('the Request-URI', () => {
  const moved = (scene: Scene, uri: string, to: string) => {
    const { headers } = scene.answered(undefined, { uri })
    const sent = request({ uri: to })
    sent.headers.copy(headers, Authorization)
    return type(scene.verify(sent))
  }

  it('must mean what the digest covers', () => {
    expect(moved(new Scene(), 'sip:EXAMPLE.com', 'sip:example.com')).toBe('ok')
    expect(moved(new Scene(), 'sip:example.com', 'sip:example.org')).toBe('forbidden')
    expect(moved(new Scene(), 'sip:example.com', 'tel:+1')).toBe('forbidden')
  })

  it('may have been rewritten where the application says so', () => {
    const acceptsUri = vi.fn(() => true)
    expect(moved(new Scene({ acceptsUri }), 'sip:example.com', 'sip:192.0.2.1')).toBe('ok')
    expect(acceptsUri.mock.calls[0]).toMatchObject(['sip:example.com', { method: 'REGISTER' }])
  })

  it('that is garbage fits nothing', () => {
    const scene = new Scene()
    const sent = scene.answered()
    const [value] = sent.headers.getAll(Authorization)
    if (value === undefined) throw new Error()
    const params = value.params.with(AuthParams.of({ uri: 'no uri' }))
    sent.headers.set(Authorization, new AuthValue({ scheme: 'Digest', params }))
    expect(type(scene.verify(sent))).toBe('forbidden')
  })
})

describe('a nonce', () => {
  it('that is too old makes a right answer stale, and a wrong one just wrong', async () => {
    const scene = new Scene({ lifetime: 1000 })
    const right = scene.answered()
    const wrong = scene.answered(scene.client({ username: 'alice', password: 'x' }))
    await scene.clock.play(1000)
    expect(type(scene.verify(right))).toBe('stale')
    expect(type(scene.verify(wrong))).toBe('challenge')
    expect(scene.verify(right)).toMatchObject({
      headers: {
        'WWW-Authenticate': [expect.stringContaining('stale=true'), expect.stringContaining('stale=true')],
      },
    })
  })

  it('is not burnt by somebody who does not know the password', () => {
    const scene = new Scene()
    const sent = scene.answered()
    const forged = request()
    const [value] = sent.headers.getAll(Authorization)
    if (value === undefined) throw new Error()
    const params = value.params.with(AuthParams.of({ response: '0'.repeat(64) }))
    forged.headers.set(Authorization, new AuthValue({ scheme: 'Digest', params }))
    expect(type(scene.verify(forged))).toBe('forbidden')
    expect(type(scene.verify(sent))).toBe('ok')
  })

  it('serves many requests, which may overtake each other; none twice', () => {
    const scene = new Scene()
    const client = scene.client()
    const sent = [scene.answered(client), ...[1, 2, 3].map(() => request())]
    for (const each of sent.slice(1)) client.authorize(each)
    const order = [0, 2, 1, 3, 1, 3].map((i) => type(scene.verify(sent[i] as OutgoingRequest)))
    expect(order).toEqual(['ok', 'ok', 'ok', 'ok', 'stale', 'stale'])
  })

  it('is renewed by the response when it has lived half its life', async () => {
    const scene = new Scene({ lifetime: 1000 })
    const client = scene.client()
    const first = scene.answered(client)
    await scene.clock.play(499)
    const confirm = (sent: OutgoingRequest) => {
      const verdict = scene.verify(sent)
      if (verdict.type !== 'ok') throw new Error(verdict.type)
      return verdict.confirm()
    }
    expect(confirm(first)['Authentication-Info']).not.toContain('nextnonce')
    await scene.clock.play(1)
    const second = request()
    client.authorize(second)
    client.learn(second, response(second, 200, confirm(second)))
    await scene.clock.play(999)
    const third = request()
    client.authorize(third)
    expect(type(scene.verify(third))).toBe('ok')
  })
})

it('a nonce that is part of a -sess key is not renewed', async () => {
  const scene = new Scene({ lifetime: 1000, algorithms: ['MD5-sess'] })
  const sent = scene.answered()
  await scene.clock.play(900)
  const verdict = scene.verify(sent)
  if (verdict.type !== 'ok') throw new Error(verdict.type)
  expect(verdict.confirm()['Authentication-Info']).not.toContain('nextnonce')
})

describe('the server', () => {
  it.each([false, true])('proves itself in turn (auth-int: %s)', (integrity) => {
    const scene = new Scene({ qop: ['auth', 'auth-int'] })
    const proofs: ServerProof[] = []
    const client = scene.client(ALICE, { integrity, onProof: (proof) => proofs.push(proof) })
    const sent = scene.answered(client)
    const verdict = scene.verify(sent)
    if (verdict.type !== 'ok') throw new Error(verdict.type)
    const info = verdict.confirm(new TextEncoder().encode('body'))
    client.learn(sent, response(sent, 200, info, 'body'))
    client.learn(sent, response(sent, 200, info, 'tampered'))
    expect(proofs.map(({ valid }) => valid)).toEqual([true, !integrity])
  })
})

describe('requireAuth', () => {
  it('lets pass or answers', async () => {
    const scene = new Scene()
    const answers: unknown[] = []
    const ask = (sent: OutgoingRequest) =>
      requireAuth(scene.server, arrived(sent), (status, { headers }) =>
        answers.push([status, Object.keys(headers)]),
      )
    expect(await ask(request())).toBeUndefined()
    expect(await ask(scene.answered(scene.client({ username: 'alice', password: 'x' })))).toBeUndefined()
    expect(answers).toEqual([
      [401, ['WWW-Authenticate']],
      [403, []],
    ])
    expect(await ask(scene.answered())).toMatchObject({ user: { id: 1 } })
    expect(answers).toHaveLength(2)
  })
})
