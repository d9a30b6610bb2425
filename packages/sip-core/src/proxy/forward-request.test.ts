import { expect, it } from 'vitest'
import { ArgumentError } from '../base/errors.ts'
import { parseNameAddr, parseUri } from '../message/index.ts'
import { printMessage } from '../parser/index.ts'
import { createForwardedRequest } from './forward-request.ts'
import { incoming } from './proxy.fixture.ts'

const text = (request: ReturnType<typeof createForwardedRequest>) =>
  new TextDecoder().decode(printMessage(request))

it('copies everything as it came, and changes what a proxy has to', () => {
  const received = incoming(
    'MESSAGE sip:bob@example.com',
    ['X-Strange:  a  b', 'Content-Type: text/plain'],
    'Grüße',
  )
  const copy = createForwardedRequest(received, { uri: parseUri('sip:bob@192.0.2.2;transport=tcp') })
  expect(text(copy).split('\r\n')).toEqual([
    'MESSAGE sip:bob@192.0.2.2;transport=tcp SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKpeer1;rport=5060;received=192.0.2.1',
    'Max-Forwards: 69',
    'From: <sip:alice@example.com>;tag=a1',
    'To: <sip:bob@example.com>',
    'Call-ID: call-1',
    'CSeq: 1 MESSAGE',
    'X-Strange: a  b',
    'Content-Type: text/plain',
    'Content-Length: 7',
    '',
    'Grüße',
  ])
})

it('marks the top Via alone', () => {
  const received = incoming('OPTIONS sip:bob@example.com', [
    'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKnat, SIP/2.0/TCP [2001:db8::1]:5062;branch=z9hG4bKfirst;rport',
  ])
  expect(createForwardedRequest(received).headers.getAll('Via')).toEqual([
    'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKnat;received=192.0.2.1',
    'SIP/2.0/TCP [2001:db8::1]:5062;branch=z9hG4bKfirst;rport',
  ])
})

it('gives a request without Max-Forwards 70, and has none left to give to one with 0', () => {
  const left = (line: string) =>
    createForwardedRequest(incoming('OPTIONS sip:bob@example.com', [line])).headers.get('Max-Forwards')
  expect(left('Max-Forwards:')).toBe('70')
  expect(left('Max-Forwards: 1')).toBe('0')
  expect(() => left('Max-Forwards: 0')).toThrow(ArgumentError)
})

it('puts its Record-Routes above those that are there', () => {
  const received = incoming('INVITE sip:bob@example.com', ['Record-Route: <sip:first;lr>'])
  const recordRoute = [parseNameAddr('<sip:out;lr>'), parseNameAddr('<sip:in;lr>')]
  expect(createForwardedRequest(received, { recordRoute }).headers.getAll('Record-Route')).toEqual([
    '<sip:out;lr>',
    '<sip:in;lr>',
    '<sip:first;lr>',
  ])
})

it('leaves the Routes as they are, or takes those it is given', () => {
  const received = incoming('INVITE sip:bob@example.com', ['Route: <sip:p1;lr>, <sip:p2;lr>'])
  expect(createForwardedRequest(received).headers.getAll('Route')).toEqual(['<sip:p1;lr>', '<sip:p2;lr>'])
  expect(createForwardedRequest(received, { route: [] }).headers.has('Route')).toBe(false)
})

it('gives a strict router the request as it wants it (RFC 3261 §16.6 step 6)', () => {
  const received = incoming('INVITE sip:bob@example.com', ['Route: <sip:strict>, <sip:p2;lr>'])
  const copy = createForwardedRequest(received, { uri: parseUri('sip:bob@192.0.2.2') })
  expect(`${copy.uri}`).toBe('sip:strict')
  expect(copy.headers.getAll('Route')).toEqual(['<sip:p2;lr>', '<sip:bob@192.0.2.2>'])
})

it('lets no target smuggle headers or a method into the Request-URI', () => {
  const received = incoming('INVITE sip:bob@example.com')
  const uri = parseUri('sip:bob@192.0.2.2;method=BYE;user=phone?Subject=hi')
  expect(`${createForwardedRequest(received, { uri }).uri}`).toBe('sip:bob@192.0.2.2;user=phone')
})

it('writes the headers it is given, and refuses what cannot be written', () => {
  const received = incoming('INVITE sip:bob@example.com', ['X-A: 1'])
  expect(createForwardedRequest(received, { headers: { 'X-A': '2' } }).headers.getAll('X-A')).toEqual(['2'])
  expect(() => createForwardedRequest(received, { headers: { 'X-A': 'a\r\nb: c' } })).toThrow(ArgumentError)
})
