import { ArgumentError, Headers, ParseError } from 'sip-core'
import { describe, expect, it } from 'vitest'
import {
  AllowEvents,
  Event,
  EventValue,
  SIPETag,
  SIPIfMatch,
  SubscriptionState,
  SubscriptionStateValue,
} from './index.ts'

describe('Event', () => {
  it('reads and prints, by its long and short name', () => {
    const event = new Headers().set('o', 'refer;id=93809824').get(Event)
    expect(event?.package).toBe('refer')
    expect(event?.id).toBe('93809824')
    expect(new Headers().set(Event, event as EventValue).toWire()).toBe('Event: refer;id=93809824\r\n')
  })

  it('matches by package and id alone (RFC 6665 §4.4.1)', () => {
    const refer = new EventValue({ package: 'refer', params: { id: '1', x: 'y' } })
    expect(refer.matches(new EventValue({ package: 'refer', params: { id: '1' } }))).toBe(true)
    expect(refer.matches(new EventValue({ package: 'refer', params: { id: '2' } }))).toBe(false)
    expect(refer.matches(new EventValue({ package: 'refer' }))).toBe(false)
    expect(refer.matches(new EventValue({ package: 'Refer', params: { id: '1' } }))).toBe(false)
  })

  it('refuses what is none', () => {
    for (const bad of ['', ';id=1', 'a b', 'refer,presence', 'refer;']) {
      expect(() => new Headers().set('Event', bad).get(Event), bad).toThrow(ParseError)
    }
    expect(() => new EventValue({ package: 'a b' })).toThrow(ArgumentError)
  })
})

describe('Allow-Events', () => {
  it('is a list of packages', () => {
    const headers = new Headers().set('u', 'refer, presence.winfo')
    expect(headers.getAll(AllowEvents)).toEqual(['refer', 'presence.winfo'])
    expect(() => headers.set(AllowEvents, 'a b')).toThrow(ArgumentError)
  })
})

describe('Subscription-State', () => {
  const read = (text: string) => new Headers().set('Subscription-State', text).get(SubscriptionState)

  it('reads state, reason, expires and retry-after', () => {
    expect(read('ACTIVE;expires=60')).toMatchObject({ state: 'active', expires: 60, reason: undefined })
    expect(read('terminated;reason=Probation;retry-after=5')).toMatchObject({
      state: 'terminated',
      reason: 'probation',
      retryAfter: 5,
    })
    expect(read('waiting')?.state).toBe('waiting')
  })

  it('takes no number for a number', () => {
    for (const bad of ['x', '-1', '1e3', '4294967296', '"1 "']) {
      expect(read(`active;expires=${bad}`)?.expires, bad).toBeUndefined()
    }
    expect(read('active;expires')?.expires).toBeUndefined()
  })

  it('is built from its pieces', () => {
    const state = new SubscriptionStateValue({
      state: 'terminated',
      reason: 'noresource',
      retryAfter: 0,
      params: { x: null },
    })
    expect(state.toString()).toBe('terminated;x;reason=noresource;retry-after=0')
    expect(new SubscriptionStateValue({ state: 'active', expires: 3600 }).toString()).toBe(
      'active;expires=3600',
    )
  })

  it('refuses what cannot be written', () => {
    expect(() => new SubscriptionStateValue({ state: 'a b' })).toThrow(ArgumentError)
    expect(() => new SubscriptionStateValue({ state: 'active', expires: -1 })).toThrow(ArgumentError)
    expect(() => new SubscriptionStateValue({ state: 'active', expires: 1.5 })).toThrow(ArgumentError)
    expect(() => new SubscriptionStateValue({ state: 'active', reason: 'a\r\nb' })).toThrow(ArgumentError)
    for (const bad of ['', ';expires=1', 'active pending']) expect(() => read(bad), bad).toThrow(ParseError)
  })
})

describe('SIP-ETag and SIP-If-Match', () => {
  it.each([SIPETag, SIPIfMatch])('$name is one token', (header) => {
    expect(new Headers().set(header, 'dx200xyz').get(header)).toBe('dx200xyz')
    expect(() => new Headers().set(header, 'a b')).toThrow(ArgumentError)
    for (const bad of ['', 'a, b', '"a"', '*"'])
      expect(() => new Headers().set(header.name, bad).get(header), bad).toThrow(ParseError)
  })
})
