import { ArgumentError, Headers, Params, ParseError, type SipUri } from 'sip-core'
import { describe, expect, it } from 'vitest'
import {
  contentIdOf,
  ReferEventsAt,
  ReferredBy,
  ReferSub,
  ReferTo,
  TargetDialog,
  TargetDialogValue,
} from './index.ts'

describe('Refer-To', () => {
  const read = (text: string) => new Headers().set('r', text).get(ReferTo)

  it('reads the Replaces in its URI', () => {
    const uri = read('<sip:dave@example.com?Replaces=425928%40example.com%3Bto-tag%3D7743%3Bfrom-tag%3D6472>')
      ?.uri as SipUri
    expect(uri.headers.get('replaces')).toBe('425928@example.com;to-tag=7743;from-tag=6472')
  })

  it('reads a Replaces whose sender forgot to escape', () => {
    const uri = read('<sip:dave@example.com?Replaces=1@example.com;to-tag=2;from-tag=3>')?.uri as SipUri
    expect(uri.user).toBe('dave')
    expect(uri.headers.get('Replaces')).toBe('1@example.com;to-tag=2;from-tag=3')
  })

  it('has its method in the URI', () => {
    const uri = read('<sip:conf@example.com;method=BYE>')?.uri as SipUri
    expect(uri.params.get('method')).toBe('BYE')
  })

  it('is one address, with < and > where its URI has headers', () => {
    for (const bad of ['', '<sip:a@h>, <sip:b@h>', 'sip:a@h?Replaces=x'])
      expect(() => read(bad), bad).toThrow(ParseError)
  })

  it('is printed with its long name', () => {
    expect(new Headers().set(ReferTo, 'sip:a@h').toWire()).toBe('Refer-To: sip:a@h\r\n')
  })
})

describe('Referred-By', () => {
  it('points to its token', () => {
    const referredBy = new Headers().set('b', '<sip:a@h>;cid="20398823.2UWQFN309shb3@h"').get(ReferredBy)
    expect(referredBy?.uri.toString()).toBe('sip:a@h')
    expect(referredBy && contentIdOf(referredBy)).toBe('20398823.2UWQFN309shb3@h')
    expect(referredBy?.toString()).toBe('<sip:a@h>;cid="20398823.2UWQFN309shb3@h"')
    expect(contentIdOf(referredBy?.withParam('cid', undefined) as never)).toBeUndefined()
  })
})

describe('Refer-Sub', () => {
  const read = (text: string) => new Headers().set('Refer-Sub', text).get(ReferSub)

  it('is true or false', () => {
    expect(read('false')?.subscribe).toBe(false)
    expect(read('TRUE;x=y')).toMatchObject({ subscribe: true })
    expect(ReferSub.print({ subscribe: false, params: Params.of({ x: 'y' }) })).toBe('false;x=y')
    for (const bad of ['', 'no', 'true false', 'true, false', '1'])
      expect(() => read(bad), bad).toThrow(ParseError)
  })
})

describe('Refer-Events-At', () => {
  it('is an address to subscribe to', () => {
    const at = new Headers().set('Refer-Events-At', '<sips:vPT3izGmo8NTxXPADRZvEAY22BK@example.com;gr>')
    expect(at.get(ReferEventsAt)?.uri.toString()).toBe('sips:vPT3izGmo8NTxXPADRZvEAY22BK@example.com;gr')
  })
})

describe('Target-Dialog', () => {
  const read = (text: string) => new Headers().set('Target-Dialog', text).get(TargetDialog)

  it('names a dialog as its receiver knows it', () => {
    expect(read('fa77as7dad8-sd98ajzz@host.example.com;local-tag=kkaz-;remote-tag=6544')).toMatchObject({
      callId: 'fa77as7dad8-sd98ajzz@host.example.com',
      localTag: 'kkaz-',
      remoteTag: '6544',
    })
    const built = new TargetDialogValue({ callId: '1@h', localTag: 'a', remoteTag: 'b', params: { x: null } })
    expect(built.toString()).toBe('1@h;x;local-tag=a;remote-tag=b')
  })

  it('needs both tags', () => {
    for (const bad of ['', '1@h', '1@h;local-tag=a', '1@h;remote-tag=a', '1@h;local-tag;remote-tag=b', 'a b'])
      expect(() => read(bad), bad).toThrow(ParseError)
    expect(() => new TargetDialogValue({ callId: 'a b', localTag: 'a', remoteTag: 'b' })).toThrow(
      ArgumentError,
    )
    expect(() => new TargetDialogValue({ callId: 'a', localTag: 'a b', remoteTag: 'b' })).toThrow(
      ArgumentError,
    )
  })
})
