import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../base/errors.ts'
import { sdpBody } from '../body/index.ts'
import { NameAddr, parseUri } from '../message/index.ts'
import { parseMessage, printHead, printMessage } from '../parser/index.ts'
import { createRequest, type RequestInit } from './create-request.ts'

const INIT: RequestInit = {
  method: 'INVITE',
  uri: parseUri('sip:bob@192.0.2.2'),
  from: new NameAddr({ displayName: 'Alice', uri: 'sip:alice@example.com', params: { tag: 'a' } }),
  to: new NameAddr({ uri: 'sip:bob@example.com' }),
  callId: 'call-1',
  seq: 7,
}

const printed = (init: Partial<RequestInit> = {}) => printHead(createRequest({ ...INIT, ...init }))

describe('createRequest', () => {
  it('writes what every request needs', () => {
    expect(printed()).toBe(
      [
        'INVITE sip:bob@192.0.2.2 SIP/2.0',
        'Max-Forwards: 70',
        'From: "Alice" <sip:alice@example.com>;tag=a',
        'To: <sip:bob@example.com>',
        'Call-ID: call-1',
        'CSeq: 7 INVITE',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    )
  })

  it('writes what else it is given', () => {
    const request = createRequest({
      ...INIT,
      contact: new NameAddr({ uri: 'sip:alice@192.0.2.1' }),
      route: [new NameAddr({ uri: 'sip:p1;lr' }), new NameAddr({ uri: 'sip:p2;lr' })],
      maxForwards: 5,
      headers: { Subject: 'Grüße', 'X-A': ['1', '2'] },
      body: sdpBody('v=0\r\n'),
    })
    expect(request.headers.getAll('Route').join(', ')).toBe('<sip:p1;lr>, <sip:p2;lr>')
    expect(request.headers.get('Max-Forwards')).toBe('5')
    expect(request.headers.get('Contact')).toBe('<sip:alice@192.0.2.1>')
    expect(request.headers.get('Subject')).toBe('Grüße')
    expect(request.headers.getAll('X-A')).toEqual(['1', '2'])
    expect(request.headers.get('Content-Type')).toBe('application/sdp')
    expect(request.text).toBe('v=0\r\n')
  })

  it('lets the application replace what it wrote, by any form of the name', () => {
    const head = printed({ headers: { 'max-forwards': '3', i: 'mine' } })
    expect(head).toContain('max-forwards: 3\r\n')
    expect(head).not.toContain('70')
    expect(head).toContain('i: mine\r\n')
    expect(head).not.toContain('call-1')
  })

  it('counts the body itself, in bytes', () => {
    const body = { type: 'text/plain', content: 'ü' }
    expect(printed({ body, headers: { 'Content-Length': '99' } }).match(/Content-Length: .*/g)).toEqual([
      'Content-Length: 2',
    ])
    const bytes = printMessage(
      createRequest({ ...INIT, body: { type: 'a/b', content: new Uint8Array([0, 255]) } }),
    )
    expect([...bytes.subarray(-2)]).toEqual([0, 255])
  })

  it('has no Route for an empty route set, and no Content-Type without a body', () => {
    expect(printed({ route: [] })).not.toContain('Route')
    expect(printed()).not.toContain('Content-Type')
  })

  it('lets nothing through that would break the message', () => {
    for (const init of [
      { headers: { 'X-A': 'b\r\nX-Evil: 1' } },
      { headers: { 'X-A\r\nX-Evil': '1' } },
      { headers: { 'X-A': ['fine', 'not\0fine'] } },
      { callId: 'a b\r\nX-Evil: 1' },
      { method: 'INVITE sip:evil SIP/2.0\r\n' },
      { body: { type: 'a/b\r\nX-Evil: 1', content: '' } },
    ]) {
      expect(() => printed(init)).toThrow(ArgumentError)
    }
  })

  it('is read back as it was meant', () => {
    const request = createRequest(INIT)
    request.headers.prepend('Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1')
    const result = parseMessage(printMessage(request))
    expect(result).toMatchObject({ type: 'request', request: { method: 'INVITE', callId: 'call-1' } })
  })
})
