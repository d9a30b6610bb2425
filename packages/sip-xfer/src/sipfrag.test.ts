import fc from 'fast-check'
import { ArgumentError, MediaType, textToBytes } from 'sip-core'
import { describe, expect, it } from 'vitest'
import { parseSipfrag, printSipfrag, SIPFRAG, type Sipfrag, sipfragBody } from './sipfrag.ts'

function status(text: string, type?: string): string {
  const fragment = parseSipfrag(text, type)
  return fragment.type === 'status' ? `${fragment.status} ${fragment.reason}`.trim() : 'unreadable'
}

function readable(text: string): Sipfrag & { type: 'status' } {
  const fragment = parseSipfrag(text)
  if (fragment.type === 'status') return fragment
  throw fragment.error
}

describe('parseSipfrag', () => {
  it.each([
    ['SIP/2.0 180 Ringing\r\n', '180 Ringing'],
    ['SIP/2.0 200 OK', '200 OK'],
    ['SIP/2.0 200 OK\n', '200 OK'],
    ['SIP/2.0 200 OK\r\n\r\n', '200 OK'],
    ['\r\n \r\nSIP/2.0 100 Trying\r\n', '100 Trying'],
    ['SIP/2.0 486\r\n', '486'],
    ['SIP/2.0 486 \r\n', '486'],
    ['sip/2.0  603  Decline, thank you  \r\n', '603 Decline, thank you'],
    ['SIP/2.0 404 Nicht gefunden – heute\r\n', '404 Nicht gefunden – heute'],
    ['SIP/2.0 503 Service Unavailable\r\nRetry-After: 5\r\n', '503 Service Unavailable'],
  ])('reads %j', (text, expected) => {
    expect(status(text)).toBe(expected)
    expect(parseSipfrag(textToBytes(text))).toEqual(parseSipfrag(text))
  })

  it.each([
    '',
    '   \r\n\r\n',
    'SIP/2.0',
    'SIP/2.0 \r\n200 OK',
    'SIP/3.0 200 OK',
    'SIP/2.0 99 Less',
    'SIP/2.0 700 More',
    'SIP/2.0 2000 OK',
    'SIP/2.0 0200 OK',
    'SIP/2.0 OK',
    'HTTP/1.1 200 OK',
    '200 OK',
    'INVITE sip:a@b SIP/2.0\r\n',
    'Contact: <sip:a@b>\r\n',
    'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n',
    '\0\u00ff\u00fe',
  ])('does not read %j', (text) => {
    const fragment = parseSipfrag(text)
    expect(fragment.type).toBe('unreadable')
    if (fragment.type === 'unreadable') expect(fragment.error.message).toMatch(/^sipfrag: expected /)
  })

  it.each([
    ['message/sipfrag', '200 OK'],
    ['message/sipfrag;version=2.0', '200 OK'],
    ['Message/SIPfrag ; charset="utf-8";version=2.0', '200 OK'],
    [undefined, '200 OK'],
    ['message/sip', 'unreadable'],
    ['application/sdp', 'unreadable'],
    ['nonsense', 'unreadable'],
  ])('looks at the Content-Type %j', (type, expected) => {
    expect(status('SIP/2.0 200 OK\r\n', type)).toBe(expected)
  })

  it('takes a Content-Type that was read already', () => {
    expect(parseSipfrag('SIP/2.0 200 OK', MediaType.parse(SIPFRAG)).type).toBe('status')
    expect(parseSipfrag('SIP/2.0 200 OK', MediaType.parse('text/plain')).type).toBe('unreadable')
  })

  it('reads headers, folded ones too, and leaves out what is none', () => {
    const text = [
      'SIP/2.0 200 OK',
      'm: <sip:carol@192.0.2.3>',
      'Subject: one',
      '  two',
      '\tthree',
      'nonsense without a colon',
      ': no name',
      'X-Zero: \0',
      'Warning: 399 x "y"',
      '',
      'v=0: the body',
    ]
    for (const eol of ['\r\n', '\n']) {
      const { headers, body } = readable(text.join(eol))
      expect(headers.get('Contact')).toBe('<sip:carol@192.0.2.3>')
      expect(headers.get('Subject')).toBe('one two three')
      expect(headers.get('Warning')).toBe('399 x "y"')
      expect(headers.size).toBe(3)
      expect(body).toEqual(textToBytes('v=0: the body'))
    }
  })

  it('has no headers and no body where there are none', () => {
    const { headers, body } = readable('SIP/2.0 200 OK\r\n')
    expect(headers.size).toBe(0)
    expect(body).toHaveLength(0)
    expect(readable('SIP/2.0 200 OK\r\n\r\n').body).toHaveLength(0)
    expect(readable('SIP/2.0 200 OK\r\nA: b\r\n   \r\n').headers.get('A')).toBe('b')
  })

  it('throws at nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, type) => {
        parseSipfrag(bytes)
        parseSipfrag(bytes, type)
        parseSipfrag(Uint8Array.of(...textToBytes('SIP/2.0 200 OK\r\n'), ...bytes))
      }),
    )
  })

  it('takes time in proportion to what it reads', () => {
    const time = (size: number) => {
      const start = performance.now()
      parseSipfrag(`SIP/2.0 200 OK\r\n${'A: b\r\n c\r\n'.repeat(size)}`)
      parseSipfrag(`${' \r\n'.repeat(size)}SIP/2.0 200 OK`)
      return performance.now() - start
    }
    time(1000)
    expect(time(40_000)).toBeLessThan(100 * Math.max(time(4_000), 1))
  })
})

describe('printSipfrag', () => {
  it('writes the registered phrase unless it is told another', () => {
    expect(printSipfrag(180)).toBe('SIP/2.0 180 Ringing\r\n')
    expect(printSipfrag(180, '')).toBe('SIP/2.0 180 Ringing\r\n')
    expect(printSipfrag(180, 'Klingelt – schön')).toBe('SIP/2.0 180 Klingelt – schön\r\n')
    expect(printSipfrag(299)).toBe('SIP/2.0 299 OK\r\n')
  })

  it('writes headers', () => {
    expect(printSipfrag(503, undefined, { 'Retry-After': '5', Contact: ['<sip:a@b>', '<sip:c@d>'] })).toBe(
      'SIP/2.0 503 Service Unavailable\r\nRetry-After: 5\r\nContact: <sip:a@b>\r\nContact: <sip:c@d>\r\n',
    )
  })

  it.each([
    [() => printSipfrag(99)],
    [() => printSipfrag(700)],
    [() => printSipfrag(200.5)],
    [() => printSipfrag(200, 'OK\r\nInjected: 1')],
    [() => printSipfrag(200, 'O\0K')],
    [() => printSipfrag(200, 'OK', { Subject: 'a\nb' })],
    [() => printSipfrag(200, 'OK', { 'no name': 'b' })],
  ])('throws at what cannot be sent: %s', (print) => {
    expect(print).toThrow(ArgumentError)
  })

  it('is read as it was written', () => {
    const reason = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\p{Cc}|\p{Cs}/gu, '').trim())
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 699 }), reason, (code, text) => {
        const expected = text === '' ? printSipfrag(code) : `SIP/2.0 ${code} ${text}\r\n`
        expect(printSipfrag(code, text)).toBe(expected)
        expect(status(printSipfrag(code, text))).toBe(expected.slice(8).trim())
      }),
    )
  })

  it('makes a body with its type', () => {
    expect(sipfragBody(200)).toEqual({ type: 'message/sipfrag;version=2.0', content: 'SIP/2.0 200 OK\r\n' })
  })
})
