import { Headers, ParseError, type SipUri } from 'sip-core'
import { describe, expect, it } from 'vitest'
import { contentIdOf, ReferredBy, ReferTo } from './index.ts'

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
