import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ParseError } from '../base/errors.ts'
import { NameAddr, parseUri, SipUri } from '../message/index.ts'
import { parseMessage, printMessage } from '../parser/index.ts'
import { createRequest } from './create-request.ts'
import { type RequestFromUriOptions, requestFromUri } from './request-from-uri.ts'

const from = (uri: string, options?: RequestFromUriOptions) => requestFromUri(parseUri(uri), options)

describe('the request that a URI asks for', () => {
  it('has its method and its headers', () => {
    const asked = from(
      'sip:bob@biloxi.com;method=MESSAGE;transport=tcp?Subject=project%20x&priority=urgent&body=hi%0D%0Athere',
    )
    expect(asked).toMatchObject({
      method: 'MESSAGE',
      headers: { subject: ['project x'], priority: ['urgent'] },
      body: { type: 'text/plain', content: 'hi\r\nthere' },
      dropped: [],
    })
    expect(asked.uri.toString()).toBe('sip:bob@biloxi.com;transport=tcp')
  })

  it('replaces a call', () => {
    const { method, headers, uri } = from(
      'sip:dave@192.0.2.4?Replaces=425928%40h%3Bto-tag%3D7743%3Bfrom-tag%3D6472&Require=replaces',
    )
    expect(method).toBe('INVITE')
    expect(headers).toEqual({ replaces: ['425928@h;to-tag=7743;from-tag=6472'], require: ['replaces'] })
    expect(uri.toString()).toBe('sip:dave@192.0.2.4')
  })

  it('never speaks with our voice, whatever is allowed', () => {
    const forbidden = [
      ...['From', 'f', 'Call-ID', 'i', 'CSeq', 'Via', 'v', 'Record-Route', 'Route', 'Max-Forwards'],
      ...['Content-Length', 'l', 'Authorization', 'Proxy-Authorization'],
    ]
    const asked = from(`sip:a@h?${forbidden.map((name) => `${name}=x`).join('&')}`, { allow: forbidden })
    expect(asked.headers).toEqual({})
    expect(asked.dropped).toEqual(forbidden.map((name) => ({ name, value: 'x', reason: 'forbidden' })))
  })

  it('has what the application allows, and says what it leaves out', () => {
    const uri = 'sip:a@h?Contact=%3Csip:evil@h%3E&Subject=a%0D%0AVia:%20x&X-Account=7&x-account=8&a%20b=c'
    expect(from(uri)).toMatchObject({
      headers: {},
      dropped: [
        { name: 'Contact', value: '<sip:evil@h>', reason: 'not-allowed' },
        { name: 'Subject', reason: 'unwritable' },
        { name: 'X-Account', reason: 'not-allowed' },
        { name: 'x-account', reason: 'not-allowed' },
        { name: 'a b', reason: 'unwritable' },
      ],
    })
    const allowed = from(uri, { allow: ['X-Account'] })
    expect(allowed.headers).toEqual({ 'x-account': ['7', '8'] })
    expect(from('sip:a@h?body=v=0&Content-Type=application/sdp').body?.type).toBe('text/plain')
    expect(
      from('sip:a@h?body=v=0&Content-Type=application/sdp', { allow: ['body', 'Content-Type'] }).body,
    ).toEqual({ type: 'application/sdp', content: 'v=0' })
    expect(from('sip:a@h?body=x', { allow: [] }).body).toBeUndefined()
  })

  it('is an INVITE for a number', () => {
    expect(from('tel:+12015550123')).toMatchObject({ method: 'INVITE', headers: {}, dropped: [] })
  })

  it('is none for a method that is not sent by itself', () => {
    for (const method of ['=ACK', '=CANCEL', '=IN%20VITE', '=%0D%0A', ''])
      expect(() => from(`sip:a@h;method${method}`), method).toThrow(ParseError)
    expect(from('sip:a@h;method=X').method).toBe('X')
  })

  it('can be sent, whatever the URI says', () => {
    const name = fc.constantFrom('Replaces', 'Subject', 'Route', 'From', 'body', 'Via', 'e', 's', 'r', 'X-1')
    const me = new NameAddr({ uri: 'sip:me@h', params: { tag: '1' } })
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (headers) => {
        const uri = parseUri(new SipUri({ host: 'h', headers }).toString())
        const { dropped, ...asked } = requestFromUri(uri)
        expect(dropped.length).toBeLessThanOrEqual(headers.length)
        const request = createRequest({ ...asked, from: me, to: new NameAddr({ uri }), callId: 'c', seq: 1 })
        request.headers.prepend('Via', 'SIP/2.0/UDP h;branch=z9hG4bKx')
        const read = parseMessage(printMessage(request))
        expect(read).toMatchObject({ type: 'request' })
        if (read.type !== 'request') return
        expect(read.request.from.tag).toBe('1')
        expect(read.request.headers.has('Route')).toBe(false)
      }),
    )
  })
})
