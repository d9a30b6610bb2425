import { describe, expect, it } from 'vitest'
import { ArgumentError, ParseError } from '../base/errors.ts'
import { Headers } from './headers.ts'
import { SipRequest, SipResponse } from './message.ts'
import { parseUri } from './uri.ts'
import { textToBytes } from './wire.ts'

const headers = () =>
  new Headers()
    .set('Via', 'SIP/2.0/UDP h;branch=z9hG4bKx')
    .set('From', '<sip:a@h>;tag=1')
    .set('To', '<sip:b@h>')
    .set('Call-ID', 'x@h')
    .set('CSeq', '1 INVITE')

describe('SipRequest', () => {
  const uri = parseUri('sip:b@h')

  it('has getters for what every message has', () => {
    const request = new SipRequest({ method: 'INVITE', uri, headers: headers().set('Contact', '<sip:c@h>') })
    expect(request.kind).toBe('request')
    expect(request.via.branch).toBe('z9hG4bKx')
    expect(request.from.tag).toBe('1')
    expect(request.to.tag).toBeUndefined()
    expect(request.callId).toBe('x@h')
    expect(request.cseq).toEqual({ seq: 1, method: 'INVITE' })
    expect(request.contact?.uri.toString()).toBe('sip:c@h')
    expect(request.body).toHaveLength(0)
    expect(request.source).toBeUndefined()
  })

  it('reads its body as text', () => {
    const request = new SipRequest({ method: 'MESSAGE', uri, headers: headers(), body: textToBytes('grüß') })
    expect(request.text).toBe('grüß')
  })

  it('has no contact where there is none or a star', () => {
    expect(new SipRequest({ method: 'INVITE', uri, headers: headers() }).contact).toBeUndefined()
    expect(
      new SipRequest({ method: 'REGISTER', uri, headers: headers().set('m', '*') }).contact,
    ).toBeUndefined()
  })

  it('says which header is missing', () => {
    const request = new SipRequest({ method: 'INVITE', uri, headers: new Headers() })
    expect(() => request.via).toThrow(ParseError)
    expect(() => request.callId).toThrow(/Call-ID/)
  })

  it('refuses a method that is no token', () => {
    for (const method of ['', 'IN VITE', 'A\r\n']) {
      expect(() => new SipRequest({ method, uri, headers: headers() })).toThrow(ArgumentError)
    }
  })
})

describe('SipResponse', () => {
  it('fills in the registered reason', () => {
    expect(new SipResponse({ status: 486, headers: headers() })).toMatchObject({
      kind: 'response',
      status: 486,
      reason: 'Busy Here',
    })
    expect(new SipResponse({ status: 299, headers: headers() }).reason).toBe('OK')
    expect(new SipResponse({ status: 200, reason: '', headers: headers() }).reason).toBe('')
  })

  it('refuses what cannot be written', () => {
    for (const status of [99, 700, 200.5, Number.NaN]) {
      expect(() => new SipResponse({ status, headers: headers() })).toThrow(ArgumentError)
    }
    for (const reason of ['a\r\nb', 'a\0', '\n']) {
      expect(() => new SipResponse({ status: 200, reason, headers: headers() })).toThrow(ArgumentError)
    }
  })
})
