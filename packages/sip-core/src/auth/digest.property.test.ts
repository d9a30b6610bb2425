import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Authorization,
  AuthParams,
  AuthValue,
  type OutgoingRequest,
  parseUri,
  SipRequest,
  textToBytes,
} from '../message/index.ts'
import { SeededRandom, VirtualClock } from '../testing/index.ts'
import { arrived, request, response } from './auth.fixture.ts'
import type { DigestQop } from './digest.ts'
import type { DigestAlgorithm } from './digest-algorithm.ts'
import { DigestAuthenticator, type DigestUser } from './digest-authenticator.ts'
import { DigestClient } from './digest-client.ts'

const awkward = fc.string({
  unit: fc.constantFrom('"', '\\', ',', ' ', ':', '=', 'é', '中', '😀', 'a', '\t'),
})
const text = fc.oneof(awkward, fc.string({ unit: 'binary' })).filter((each) => !/[\0\r\n]/.test(each))

const scene = fc.record({
  username: text,
  password: fc.string({ unit: 'binary' }),
  realm: text,
  algorithms: fc.uniqueArray(
    fc.constantFrom<DigestAlgorithm>(
      'MD5',
      'SHA-256',
      'SHA-512-256',
      'MD5-sess',
      'SHA-256-sess',
      'SHA-512-256-sess',
    ),
    { minLength: 1 },
  ),
  qop: fc.uniqueArray(fc.constantFrom<DigestQop>('auth', 'auth-int'), { minLength: 1 }),
  integrity: fc.boolean(),
  userhash: fc.boolean(),
  method: fc.constantFrom('REGISTER', 'INVITE', 'REFER'),
  uri: fc.constantFrom('sip:example.com', 'sip:%22x%22@example.com;a=b', 'tel:+1-2', 'urn:service:sos'),
  body: fc.string({ unit: 'binary', maxLength: 20 }),
  seed: fc.integer(),
})

type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never

/** A server, and a request that answers its challenge. */
function play({ username, password, integrity, seed, method, uri, body, ...init }: Scene) {
  const random = new SeededRandom(seed)
  const clock = new VirtualClock()
  const lookup = (asked: { username: string; userhash: unknown }): DigestUser | undefined =>
    asked.userhash !== undefined || asked.username === username ? { username, password } : undefined
  const server = new DigestAuthenticator({ clock, random, lookup, ...init })
  const verify = (sent: OutgoingRequest) => {
    const verdict = server.verify(arrived(sent))
    if (verdict instanceof Promise) throw new Error('the look-up took its time')
    return verdict
  }
  const first = request({ method, uri, body })
  const challenge = verify(first)
  if (challenge.type !== 'challenge') throw new Error(challenge.type)
  const client = new DigestClient({ credentials: { username, password }, random, integrity })
  const sent = client.answers()(first, response(first, challenge.status, challenge.headers))
  if (sent === undefined || sent instanceof Promise) throw new Error('no answer')
  return { sent, verify, client }
}

function credentialsOf({ headers }: OutgoingRequest): AuthParams {
  const params = headers.get(Authorization)?.params
  if (params === undefined) throw new Error('no credentials')
  return params
}

describe('what the client answers', () => {
  it('is accepted by the server, whatever the names, the password and the message are', () => {
    fc.assert(
      fc.property(scene, (init) => {
        const { sent, verify } = play(init)
        expect(verify(sent).type).toBe('ok')
      }),
    )
  })

  it('is accepted once, and what comes after it too', () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 1, max: 4 }), (init, further) => {
        const { sent, verify, client } = play(init)
        const all = [sent]
        for (let i = 0; i < further; i++) {
          const next = request(init)
          client.authorize(next)
          all.push(next)
        }
        expect(all.map((each) => verify(each).type)).toEqual(all.map(() => 'ok'))
        expect(all.map((each) => verify(each))).toMatchObject(
          all.map(() => ({ type: 'challenge', stale: true })),
        )
      }),
    )
  })
})

describe('what was tampered with', () => {
  const PARAMS = ['username', 'realm', 'nonce', 'uri', 'response', 'cnonce'] as const

  it.each(PARAMS)('%s is refused', (name) => {
    fc.assert(
      fc.property(scene, text, fc.nat(), (init, other, place) => {
        const { sent, verify } = play({ ...init, userhash: false })
        const params = credentialsOf(sent)
        const value = params.get(name) ?? ''
        const at = place % (value.length + 1)
        const forged = [other, value.slice(0, at) + (value[at] === '0' ? '1' : '0') + value.slice(at + 1)]
        for (const each of forged.filter((one) => one !== value)) {
          // What cannot be told from the truth is none of a digest's business: names that hold a colon.
          if ((init.username + init.realm + init.password).includes(':')) continue
          const changed = params.with(AuthParams.of({ [name]: each }))
          sent.headers.set(Authorization, new AuthValue({ scheme: 'Digest', params: changed }))
          expect(verify(sent).type).not.toBe('ok')
        }
        sent.headers.set(Authorization, new AuthValue({ scheme: 'Digest', params }))
        expect(verify(sent).type).toBe('ok')
      }),
      { numRuns: 40 },
    )
  })

  it('counter, qop and algorithm are refused', () => {
    fc.assert(
      fc.property(scene, (init) => {
        const all: readonly DigestAlgorithm[] = ['MD5', 'SHA-256', 'SHA-512-256', 'MD5-sess']
        const { sent, verify } = play({ ...init, algorithms: [...all], qop: ['auth', 'auth-int'] })
        const params = credentialsOf(sent)
        const forge = (changed: AuthParams) => {
          const forged = request(init)
          forged.headers.set(Authorization, new AuthValue({ scheme: 'Digest', params: changed }))
          expect(verify(forged).type).not.toBe('ok')
        }
        forge(params.with(AuthParams.of({}, { nc: '00000002' })))
        forge(params.with(AuthParams.of({}, { qop: params.get('qop') === 'auth' ? 'auth-int' : 'auth' })))
        for (const algorithm of all.filter((each) => each !== params.get('algorithm')))
          forge(params.with(AuthParams.of({}, { algorithm })))
        for (const name of ['nc', 'qop', 'cnonce', 'algorithm', 'response']) forge(params.without(name))
      }),
    )
  })

  it('method, Request-URI and (with auth-int) body are refused', () => {
    fc.assert(
      fc.property(scene, (init) => {
        const { sent, verify } = play({ ...init, qop: ['auth-int'] })
        const { method, uri, headers, body } = sent
        const forged = [
          { method: 'BYE', uri, headers, body },
          { method, uri: parseUri('sip:mallory@example.org'), headers, body },
          { method, uri, headers, body: textToBytes(`${init.body}!`) },
        ]
        for (const each of forged) {
          const changed = new SipRequest({
            ...each,
            headers: headers.clone().set('CSeq', `8 ${each.method}`),
          })
          expect(verify(changed).type).toBe('forbidden')
        }
      }),
    )
  })
})
