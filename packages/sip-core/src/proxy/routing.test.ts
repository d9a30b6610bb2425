import { describe, expect, it } from 'vitest'
import { parseNameAddr, parseUri } from '../message/index.ts'
import { OwnAddresses } from './own-addresses.ts'
import { incoming } from './proxy.fixture.ts'
import { asRequestUri, departing, receivedRouting } from './routing.ts'

const addresses = [
  { host: '192.0.2.9', port: 5060 },
  { host: '192.0.2.9', port: 5061 },
  { host: '2001:db8::9', port: 5060 },
]
const own = new OwnAddresses(() => addresses, ['example.com'])

describe('what is ours', () => {
  it.each([
    ['sip:bob@example.com', true],
    ['sip:bob@EXAMPLE.com', true],
    ['sip:bob@example.com:5060', true],
    ['sips:bob@example.com', true],
    ['sip:bob@example.com:5070', false],
    ['sip:bob@example.org', false],
    ['sip:192.0.2.9', true],
    ['sip:192.0.2.9:5060;transport=udp;lr', true],
    ['sip:192.0.2.9:5061;transport=tls', true],
    ['sip:192.0.2.9;transport=tls', true],
    ['sips:192.0.2.9', true],
    ['sip:192.0.2.9:5062', false],
    ['sip:192.0.2.8', false],
    ['sip:[2001:DB8::9]', true],
    ['tel:+49123', false],
  ])('%s: %s', (uri, expected) => {
    expect(own.has(parseUri(uri))).toBe(expected)
  })
})

describe('the routing of a received request (RFC 3261 §16.4)', () => {
  const routing = (uri: string, ...routes: string[]) => {
    const lines = routes.map((route) => `Route: ${route}`)
    const { uri: target, route, routed } = receivedRouting(incoming(`INVITE ${uri}`, lines).message, own)
    return [`${target}`, route.map(String).join(' '), routed]
  }

  it('is the Request-URI where there is no Route', () => {
    expect(routing('sip:bob@example.com')).toEqual(['sip:bob@example.com', '', false])
  })

  it('leaves our own Route out', () => {
    expect(routing('sip:bob@192.0.2.2', '<sip:192.0.2.9;lr>, <sip:next;lr>')).toEqual([
      'sip:bob@192.0.2.2',
      '<sip:next;lr>',
      true,
    ])
  })

  it('leaves both out where we lie between two transports', () => {
    expect(
      routing('sip:bob@192.0.2.2', '<sip:192.0.2.9:5061;transport=tls;lr>', '<sip:192.0.2.9;lr>'),
    ).toEqual(['sip:bob@192.0.2.2', '', true])
  })

  it('leaves a Route that names another, and what stands behind it', () => {
    expect(routing('sip:bob@example.com', '<sip:next;lr>, <sip:192.0.2.9;lr>')).toEqual([
      'sip:bob@example.com',
      '<sip:next;lr> <sip:192.0.2.9;lr>',
      false,
    ])
  })

  it('undoes what a strict router has done', () => {
    expect(routing('sip:192.0.2.9;lr', '<sip:next;lr>, <sip:bob@192.0.2.2>')).toEqual([
      'sip:bob@192.0.2.2',
      '<sip:next;lr>',
      true,
    ])
    expect(routing('sip:192.0.2.9;lr', '<sip:192.0.2.9:5061;transport=tls;lr>, <sip:bob@192.0.2.2>')).toEqual(
      ['sip:bob@192.0.2.2', '', true],
    )
  })

  it('takes a maddr off that names us', () => {
    expect(routing('sip:bob@example.com;maddr=192.0.2.9;transport=udp;user=phone')[0]).toBe(
      'sip:bob@example.com;user=phone',
    )
    expect(routing('sip:bob@example.com;maddr=192.0.2.7')[0]).toBe('sip:bob@example.com;maddr=192.0.2.7')
  })
})

it('a loose router stays a Route, a strict one becomes the Request-URI (RFC 3261 §16.6 step 6)', () => {
  const leave = (...routes: string[]) => {
    const { uri, route } = departing({ uri: parseUri('sip:bob@h'), route: routes.map(parseNameAddr) })
    return [`${uri}`, ...route.map(String)]
  }
  expect(leave()).toEqual(['sip:bob@h'])
  expect(leave('<sip:p1;lr>', '<sip:p2>')).toEqual(['sip:bob@h', '<sip:p1;lr>', '<sip:p2>'])
  expect(leave('<sip:p1>', '<sip:p2;lr>')).toEqual(['sip:p1', '<sip:p2;lr>', '<sip:bob@h>'])
})

it('a Request-URI has neither method nor headers', () => {
  expect(`${asRequestUri(parseUri('sip:a@h;METHOD=x;lr?a=b'))}`).toBe('sip:a@h;lr')
  const clean = parseUri('sip:a@h;lr')
  expect(asRequestUri(clean)).toBe(clean)
})
