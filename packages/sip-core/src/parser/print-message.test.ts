import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Headers,
  NameAddr,
  parseUri,
  SipRequest,
  SipResponse,
  SipUri,
  Subject,
  Via,
  ViaValue,
} from '../message/index.ts'
import { bytesToText, textToBytes, wireToBytes } from '../message/wire.ts'
import { parseMessage } from './parse-message.ts'
import { printHead, printMessage } from './print-message.ts'

const headers = () =>
  new Headers()
    .set('Via', 'SIP/2.0/UDP h;branch=z9hG4bKx')
    .set('From', '<sip:a@h>;tag=1')
    .set('To', '<sip:b@h>')
    .set('Call-ID', 'x@h')
    .set('CSeq', '1 MESSAGE')

describe('printMessage', () => {
  it('prints a request with its Content-Length', () => {
    const request = new SipRequest({
      method: 'MESSAGE',
      uri: parseUri('sip:b@h'),
      headers: headers(),
      body: textToBytes('grüß'),
    })
    expect(bytesToText(printMessage(request))).toBe(
      'MESSAGE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n' +
        'Call-ID: x@h\r\nCSeq: 1 MESSAGE\r\nContent-Length: 6\r\n\r\ngrüß',
    )
  })

  it('prints a response without a body', () => {
    const text = bytesToText(
      printMessage(new SipResponse({ status: 200, reason: 'Schön', headers: headers() })),
    )
    expect(text).toMatch(/^SIP\/2\.0 200 Schön\r\n/)
    expect(text).toMatch(/\r\nContent-Length: 0\r\n\r\n$/)
  })

  it('prints what came as it came', () => {
    const wire =
      'MESSAGE sip:%41@H SIP/2.0\r\nv:SIP/2.0/UDP h\r\nF : sip:a@h\r\nT:\r\n sip:b@h\r\ni: x\r\nCSEQ: 01 MESSAGE\r\nX: \xff\r\n\r\n\xfe'
    const result = parseMessage(wireToBytes(`\r\n${wire}`))
    if (result.type !== 'request') throw new Error(result.type)
    expect(printMessage(result.request)).toEqual(wireToBytes(wire))
    expect(printMessage(result.request)).toBe(result.request.source)
    expect(printHead(result.request)).toBe(wire.slice(0, -1))
  })

  it('prints the headers of what came in a message of our own', () => {
    const wire =
      'MESSAGE sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: sip:a@h\r\nt:\r\n sip:b@h\r\ni: x\r\nCSeq: 1 MESSAGE\r\nX: \xff\r\nl: 1\r\n\r\na'
    const result = parseMessage(wireToBytes(wire))
    if (result.type !== 'request') throw new Error(result.type)
    const { method, headers } = result.request
    expect(
      printHead(new SipRequest({ method, uri: parseUri('sip:c@h'), headers, body: textToBytes('abc') })),
    ).toBe(
      'MESSAGE sip:c@h SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: sip:a@h\r\nt: sip:b@h\r\ni: x\r\nCSeq: 1 MESSAGE\r\nX: \xff\r\nContent-Length: 3\r\n\r\n',
    )
  })

  it('what is printed reads back', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((t) => !/[\0\r\n]/.test(t))
    const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,20}$/)
    fc.assert(
      fc.property(
        fc.record({
          method: token,
          user: text,
          name: text,
          tag: token,
          subject: text,
          branch: token,
          body: fc.uint8Array(),
        }),
        ({ method, user, name, tag, subject, branch, body }) => {
          const uri = new SipUri({ user: user === '' ? undefined : user, host: 'h' })
          const via = new ViaValue({
            transport: 'UDP',
            host: '2001:db8::1',
            port: 5062,
            params: { branch, rport: null },
          })
          const built = headers()
            .set(Via, via)
            .set('From', new NameAddr({ displayName: name, uri, params: { tag } }).toString())
            .set('CSeq', `7 ${method}`)
            .set(Subject, subject)
          const request = new SipRequest({ method, uri, headers: built, body })
          const result = parseMessage(printMessage(request))
          if (result.type !== 'request') throw new Error(JSON.stringify(result))
          const read = result.request
          expect(read.method).toBe(method)
          expect(read.uri.equals(uri)).toBe(true)
          expect(read.from.displayName).toBe(name === '' ? undefined : name)
          expect(read.from.tag).toBe(tag)
          expect(read.via.branch).toBe(branch)
          expect(read.headers.get(Subject)).toBe(built.get('Subject'))
          expect([...read.body]).toEqual([...body])
          expect(printMessage(read)).toEqual(printMessage(request))
        },
      ),
    )
  })
})
