import { ArgumentError, type HeaderCodec, Headers, Params, ParseError, parseUri, type SipUri } from 'sip-core'
import { describe, expect, it } from 'vitest'
import { MinSE, RAck, Replaces, ReplacesValue, RSeq, SessionExpires, SessionExpiresValue } from './index.ts'

const read = <T>(header: HeaderCodec<T>, text: string): T | undefined =>
  new Headers().set(header.name, text).get(header)

function refuses(header: HeaderCodec<unknown>, ...texts: string[]): void {
  for (const text of texts) expect(() => read(header, text), text).toThrow(ParseError)
}

describe('RSeq and RAck', () => {
  it('name a provisional response', () => {
    expect(read(RSeq, '988789')).toBe(988789)
    expect(read(RAck, '776656 1 INVITE')).toEqual({ rseq: 776656, seq: 1, method: 'INVITE' })
    expect(RAck.print({ rseq: 1, seq: 4294967295, method: 'INVITE' })).toBe('1 4294967295 INVITE')
    refuses(RSeq, '', '-1', '4294967296', '1 2')
    refuses(RAck, '', '1', '1 2', '1 INVITE', '4294967296 1 INVITE', '1 4294967296 INVITE', '1 2 INVITE x')
    expect(() => RAck.print({ rseq: -1, seq: 1, method: 'INVITE' })).toThrow(ArgumentError)
    expect(() => RAck.print({ rseq: 1, seq: 1, method: 'IN VITE' })).toThrow(ArgumentError)
  })
})

describe('Replaces', () => {
  const text = '425928@bobster.example.org;to-tag=7743;from-tag=6472'

  it('names a call as its receiver knows it', () => {
    const replaces = read(Replaces, `${text};early-only;x=y`)
    expect(replaces).toMatchObject({
      callId: '425928@bobster.example.org',
      toTag: '7743',
      fromTag: '6472',
      earlyOnly: true,
    })
    expect(replaces?.toString()).toBe(`${text};early-only;x=y`)
    expect(read(Replaces, text)?.earlyOnly).toBe(false)
  })

  it('is built, and read from the URI of a Refer-To', () => {
    const replaces = new ReplacesValue({ callId: '1@h', toTag: 'a', fromTag: 'b', earlyOnly: true })
    expect(replaces.toString()).toBe('1@h;to-tag=a;from-tag=b;early-only')
    const uri = parseUri('sip:dave@h?Replaces=1%40h%3Bto-tag%3Da%3Bfrom-tag%3Db') as SipUri
    expect(ReplacesValue.parse(uri.headers.get('Replaces') as string)).toMatchObject({
      callId: '1@h',
      toTag: 'a',
    })
    expect(() => ReplacesValue.parse('1@h')).toThrow(ParseError)
  })

  it('has each tag once', () => {
    refuses(
      Replaces,
      ...['', '1@h', '1@h;to-tag=a', '1@h;from-tag=a', '1@h;to-tag;from-tag=b', '1@h;to-tag="";from-tag=b'],
      ...['1@h;to-tag=a;from-tag=b;to-tag=c', '1@h;to-tag=a;from-tag=b;From-Tag=b', ';to-tag=a;from-tag=b'],
      ...[`${text}, ${text}`, '1@h;to-tag="a b";from-tag=b'],
    )
    for (const bad of [
      { callId: 'a b', toTag: 'a', fromTag: 'b' },
      { callId: 'a', toTag: '', fromTag: 'b' },
      { callId: 'a', toTag: 'a', fromTag: 'b c' },
    ])
      expect(() => new ReplacesValue(bad), JSON.stringify(bad)).toThrow(ArgumentError)
  })
})

describe('Session-Expires and Min-SE', () => {
  it('say how long a session lasts', () => {
    expect(read(SessionExpires, '4000;refresher=UAC')).toMatchObject({ seconds: 4000, refresher: 'uac' })
    expect(new Headers().set('x', '90').get(SessionExpires)).toMatchObject({
      seconds: 90,
      refresher: undefined,
    })
    expect(read(SessionExpires, '90;refresher=me')?.refresher).toBeUndefined()
    expect(SessionExpires.print(new SessionExpiresValue({ seconds: 1800, refresher: 'uas' }))).toBe(
      '1800;refresher=uas',
    )
    expect(read(MinSE, '90;x')?.seconds).toBe(90)
    expect(MinSE.print({ seconds: 90, params: Params.empty })).toBe('90')
    refuses(SessionExpires, '', 'x', '4294967296', '1;', '1, 2')
    refuses(MinSE, '', 'x', '4294967296', '1;', '1 2')
    expect(() => new SessionExpiresValue({ seconds: 1.5 })).toThrow(ArgumentError)
    expect(() => MinSE.print({ seconds: -1, params: Params.empty })).toThrow(ArgumentError)
  })
})
