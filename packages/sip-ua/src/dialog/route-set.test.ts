import { Headers, NameAddr, parseNameAddr, parseUri, RecordRoute, SipRequest, SipResponse } from 'sip-core'
import { describe, expect, it } from 'vitest'
import { applyRouteSet, asIdentity, asRequestUri, uacRouteSet, uasRouteSet } from './route-set.ts'

const routes = (...texts: string[]) => texts.map(parseNameAddr)
const print = (list: readonly NameAddr[]) => list.map(String)
const target = parseUri('sip:bob@192.0.2.4;transport=tcp')
const P1 = '<sip:p1.example.com;lr>'
const P2 = '<sip:p2.example.com;lr;id=2>'
const STRICT = '<sip:p0.example.com;method=INVITE;id=0?Subject=x>'

function recorded(...texts: string[]): Headers {
  const headers = new Headers()
  for (const text of texts) headers.add('Record-Route', text)
  return headers
}

describe('a route set', () => {
  it('is Record-Route as it stands for who was called, in reverse for who called (RFC 3261 §12.1)', () => {
    const headers = recorded(`${P1}, ${P2}`, STRICT)
    expect(headers.getAll(RecordRoute)).toHaveLength(3)
    const request = new SipRequest({ method: 'INVITE', uri: target, headers })
    const response = new SipResponse({ status: 200, headers })
    expect(print(uasRouteSet(request))).toEqual([P1, P2, STRICT])
    expect(print(uacRouteSet(response))).toEqual([STRICT, P2, P1])
  })

  it('is empty without Record-Route', () => {
    expect(uasRouteSet(new SipRequest({ method: 'INVITE', uri: target, headers: recorded() }))).toEqual([])
    expect(uacRouteSet(new SipResponse({ status: 200, headers: recorded() }))).toEqual([])
  })
})

describe('a request within a dialog', () => {
  it('goes to the target when nobody is on the way', () => {
    expect(applyRouteSet(target, [])).toEqual({ uri: target, route: [] })
  })

  it('names the target and every loose router', () => {
    const { uri, route } = applyRouteSet(target, routes(P1, P2))
    expect(String(uri)).toBe(String(target))
    expect(print(route)).toEqual([P1, P2])
  })

  it('names a strict router, and the target last', () => {
    const { uri, route } = applyRouteSet(target, routes(STRICT, P1))
    expect(String(uri)).toBe('sip:p0.example.com;id=0')
    expect(print(route)).toEqual([P1, `<${target}>`])
  })

  it('names a single strict router with the target behind it', () => {
    const { uri, route } = applyRouteSet(target, routes('<sip:p0.example.com>'))
    expect(String(uri)).toBe('sip:p0.example.com')
    expect(print(route)).toEqual([`<${target}>`])
  })

  it('leaves a strict router in its place behind a loose one', () => {
    const { uri, route } = applyRouteSet(target, routes(P1, '<sip:p0.example.com>'))
    expect(String(uri)).toBe(String(target))
    expect(print(route)).toEqual([P1, '<sip:p0.example.com>'])
  })

  it('takes lr=on for lr, as some routers write it', () => {
    expect(applyRouteSet(target, routes('<sip:p1.example.com;lr=on>')).uri).toBe(target)
  })
})

it('a Request-URI has neither method nor headers', () => {
  expect(String(asRequestUri(parseUri('sip:b@h;method=REFER;x=1?Replaces=y')))).toBe('sip:b@h;x=1')
  expect(String(asRequestUri(parseUri('tel:+1;phone-context=x')))).toBe('tel:+1;phone-context=x')
})

it('an identity does not say how to get there', () => {
  const full = parseNameAddr(
    '"Bob" <sip:b@h:5070;transport=tcp;maddr=1.2.3.4;ttl=1;lr;method=INVITE;user=ip?A=b>;tag=1',
  )
  expect(String(asIdentity(full))).toBe('"Bob" <sip:b@h:5070;user=ip>;tag=1')
  const tel = new NameAddr({ uri: 'tel:+1' })
  expect(asIdentity(tel)).toBe(tel)
})
