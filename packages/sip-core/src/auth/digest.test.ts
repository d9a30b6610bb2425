import { describe, expect, it } from 'vitest'
import { AuthValue, textToBytes } from '../message/index.ts'
import {
  type DigestInput,
  digestHa1,
  digestResponse,
  digestUserhash,
  equalsInConstantTime,
  formatNc,
} from './digest.ts'
import { type DigestAlgorithm, digestAlgorithm } from './digest-algorithm.ts'
import { readDigestAnswer } from './digest-answer.ts'

const NONE = new Uint8Array(0)

interface Who {
  readonly username: string
  readonly realm: string
  readonly password: string
}

const respond = (who: Who, init: Partial<Omit<DigestInput, 'algorithm' | 'ha1'>>, name: DigestAlgorithm) => {
  const algorithm = digestAlgorithm(name)
  if (algorithm === undefined) throw new Error(name)
  const ha1 = digestHa1(algorithm.hash, who.username, who.realm, who.password)
  const defaults = {
    nonce: '',
    qop: 'auth',
    nc: '00000001',
    cnonce: '',
    method: 'GET',
    uri: '',
    body: NONE,
  } as const
  return digestResponse({ ...defaults, ...init, algorithm, ha1 })
}

describe('RFC 2617 §3.5', () => {
  const who = { username: 'Mufasa', realm: 'testrealm@host.com', password: 'Circle Of Life' }
  const init = {
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    cnonce: '0a4f113b',
    uri: '/dir/index.html',
  }

  it('with qop', () => {
    expect(respond(who, init, 'MD5')).toBe('6629fae49393a05397450978507c4ef1')
  })

  it('without, as in RFC 2069', () => {
    expect(respond(who, { ...init, qop: 'none' }, 'MD5')).toBe('670fd8c2df070c60b045671b8b24ff02')
  })
})

describe('RFC 7616', () => {
  const mufasa = { username: 'Mufasa', realm: 'http-auth@example.org', password: 'Circle of Life' }
  const init = {
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    uri: '/dir/index.html',
  }

  it('§3.9.1 MD5', () => {
    expect(respond(mufasa, init, 'MD5')).toBe('8ca523f5e9506fed4657c9700eebdbec')
  })

  it('§3.9.1 SHA-256', () => {
    expect(respond(mufasa, init, 'SHA-256')).toBe(
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    )
  })

  // The values are those of the RFC's erratum 4897: it had been computed with a truncated SHA-512.
  it('§3.9.2 SHA-512-256, name hashed, beyond ASCII', () => {
    const who = { username: 'Jäsøn Doe', realm: 'api@example.org', password: 'Secret, or not?' }
    expect(digestUserhash('SHA-512-256', who.username, who.realm)).toBe(
      '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
    )
    const doe = {
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
      uri: '/doe.json',
    }
    expect(respond(who, doe, 'SHA-512-256')).toBe(
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    )
  })
})

describe('a digest', () => {
  const who = { username: 'bob', realm: 'biloxi.com', password: 'zanzibar' }
  const init = { nonce: 'dcd98b', cnonce: '0a4f11', uri: 'sip:bob@biloxi.com', method: 'INVITE' }

  it('changes with the session, the body where it is covered, and not with it where it is not', () => {
    const body = textToBytes('v=0')
    const all = [
      respond(who, init, 'MD5'),
      respond(who, init, 'MD5-sess'),
      respond(who, { ...init, qop: 'auth-int' }, 'MD5'),
      respond(who, { ...init, qop: 'auth-int', body }, 'MD5'),
      respond(who, { ...init, qop: 'auth-int', body }, 'MD5-sess'),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(respond(who, { ...init, body }, 'MD5')).toBe(all[0])
  })
})

describe('names of algorithms', () => {
  it.each([
    [undefined, 'MD5'],
    ['md5', 'MD5'],
    ['sha-256-SESS', 'SHA-256-sess'],
    ['SHA-512-256', 'SHA-512-256'],
    ['AKAv1-MD5', undefined],
    ['SHA-512', undefined],
  ])('%s', (name, known) => {
    expect(digestAlgorithm(name)?.name).toBe(known)
  })
})

describe('credentials are read', () => {
  const text =
    'Digest username="a", realm="r", nonce="n", uri="sip:h", response="ABC", algorithm=SHA-256, qop=auth, nc=0000000A, cnonce="c"'
  const read = (edit: (text: string) => string) => readDigestAnswer(AuthValue.parse(edit(text)))

  it('as they are written', () => {
    expect(read((t) => t)).toMatchObject({
      username: 'a',
      response: 'abc',
      qop: 'auth',
      nc: '0000000A',
      count: 10,
    })
    expect(read((t) => t.replace('username="a"', "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe"))?.username).toBe(
      'Jäsøn Doe',
    )
    expect(read((t) => t.replace(', qop=auth, nc=0000000A, cnonce="c"', ''))).toMatchObject({
      qop: 'none',
      count: 1,
    })
  })

  it.each([
    (t: string) => t.replace('Digest', 'Basic'),
    (t: string) => t.replace('username="a", ', ''),
    (t: string) => t.replace('username="a"', "username*=latin-1''a"),
    (t: string) => t.replace('username="a"', 'username*=a'),
    (t: string) => t.replace('realm="r", ', ''),
    (t: string) => t.replace('nonce="n", ', ''),
    (t: string) => t.replace('uri="sip:h", ', ''),
    (t: string) => t.replace('response="ABC", ', ''),
    (t: string) => t.replace('SHA-256', 'SHA-3'),
    (t: string) => t.replace('qop=auth', 'qop=auth-conf'),
    (t: string) => t.replace('0000000A', '00000000'),
    (t: string) => t.replace('0000000A', '0000000G'),
    (t: string) => t.replace('0000000A', '1'),
    (t: string) => t.replace('nc=0000000A, ', ''),
    (t: string) => t.replace(', cnonce="c"', ''),
  ])('only when they are whole: %s', (edit) => {
    expect(read(edit)).toBeUndefined()
  })
})

describe('small things', () => {
  it('counts have eight digits', () => {
    expect([formatNc(1), formatNc(0xabcdef12)]).toEqual(['00000001', 'abcdef12'])
  })

  it('comparing is exact', () => {
    for (const [a, b] of [
      ['a', 'b'],
      ['a', 'aa'],
      ['aa', 'a'],
      ['', 'a'],
      ['a', ''],
    ] as const)
      expect(equalsInConstantTime(a, b), `${a} ${b}`).toBe(false)
    expect(equalsInConstantTime('ab', 'ab')).toBe(true)
    expect(equalsInConstantTime('', '')).toBe(true)
  })
})
