import { expect, it } from 'vitest'
import { printMessage } from '../parser/index.ts'
import { createForwardedResponse } from './forward-response.ts'
import { answered } from './proxy.fixture.ts'

it('takes its own Via off and leaves everything else as it came', () => {
  const received = answered(486, ['X-Strange: a  b', 'Content-Type: text/plain'], 'hm')
  const copy = createForwardedResponse(received)
  expect(copy && new TextDecoder().decode(printMessage(copy)).split('\r\n')).toEqual([
    'SIP/2.0 486 Said',
    'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKpeer1;rport=5060;received=192.0.2.1',
    'From: <sip:alice@example.com>;tag=a1',
    'To: <sip:bob@example.com>;tag=b1',
    'Call-ID: call-1',
    'CSeq: 1 INVITE',
    'X-Strange: a  b',
    'Content-Type: text/plain',
    'Content-Length: 2',
    '',
    'hm',
  ])
})

it('has nothing to forward when the response was for this element', () => {
  expect(createForwardedResponse(answered(200, ['Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1']))).toBe(
    undefined,
  )
})
