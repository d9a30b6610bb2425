import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineHeader } from '../message/header-codec.ts'
import { Contact, ContentLength, RecordRoute, Route, Supported, Via } from '../message/index.ts'
import { textToBytes, wireToBytes } from '../message/wire.ts'
import { type ParseOptions, type ParseResult, parseMessage } from './parse-message.ts'

const HEAD = [
  'Via: SIP/2.0/UDP client.example.com:5060;branch=z9hG4bK74bf9',
  'Via: SIP/2.0/TCP proxy.example.com;branch=z9hG4bKa, SIP/2.0/UDP other.example.com',
  'Max-Forwards: 70',
  'From: Alice <sip:alice@example.com>;tag=9fxced76sl',
  'To: Bob <sip:bob@example.net>',
  'Call-ID: 3848276298220188511@example.com',
  'CSeq: 1 INVITE',
  'Contact: <sip:alice@client.example.com;transport=udp>',
]

function message(
  changes: { start?: string; head?: readonly string[]; body?: string; end?: string } = {},
): string {
  const { start = 'INVITE sip:bob@example.net SIP/2.0', head = HEAD, body = '', end = '\r\n\r\n' } = changes
  return `${[start, ...head].join('\r\n')}${end}${body}`
}

function parse(text: string, options?: ParseOptions): ParseResult {
  return parseMessage(wireToBytes(text), options)
}

function request(text: string, options?: ParseOptions) {
  const result = parse(text, options)
  if (result.type !== 'request')
    throw new Error(`${result.type}: ${'error' in result ? result.error.message : ''}`)
  return result.request
}

function refusal(text: string, options?: ParseOptions) {
  const result = parse(text, options)
  return result.type === 'bad-request' ? `${result.status} ${result.error.within}` : result.type
}

const replaced = (line: string, ...lines: string[]): string[] =>
  HEAD.flatMap((l) => (l.startsWith(`${line}:`) ? lines : [l]))

describe('a request', () => {
  it('is read', () => {
    const invite = request(message({ head: [...HEAD, 'Content-Length: 4'], body: 'abcd' }))
    expect(invite.method).toBe('INVITE')
    expect(invite.uri.toString()).toBe('sip:bob@example.net')
    expect(invite.via).toMatchObject({ host: 'client.example.com', port: 5060, branch: 'z9hG4bK74bf9' })
    expect(invite.headers.getAll(Via).map(({ host }) => host)).toEqual([
      'client.example.com',
      'proxy.example.com',
      'other.example.com',
    ])
    expect(invite.from).toMatchObject({ displayName: 'Alice', tag: '9fxced76sl' })
    expect(invite.to.tag).toBeUndefined()
    expect(invite.callId).toBe('3848276298220188511@example.com')
    expect(invite.cseq).toEqual({ seq: 1, method: 'INVITE' })
    expect(invite.contact?.uri.toString()).toBe('sip:alice@client.example.com;transport=udp')
    expect(invite.text).toBe('abcd')
  })

  it('has its headers under every form of their names', () => {
    const { headers } = request(
      message({
        head: [
          ...replaced('Via', 'v: SIP/2.0/UDP h'),
          'X-Foo: b\xc3\xa4r',
          'x-fOO:\r\n more',
          'k: a,b',
          'SUPPORTED: c',
        ],
      }),
    )
    expect(headers.get('via')).toBe('SIP/2.0/UDP h')
    expect(headers.get('V')).toBe('SIP/2.0/UDP h')
    expect(headers.getAll('X-Foo')).toEqual(['bär', 'more'])
    expect(headers.getAll(Supported)).toEqual(['a', 'b', 'c'])
    expect(headers.rawLines('supported')).toEqual(['a,b', 'c'])
    expect(headers.rawLines('x-foo')[0]).toBe('b\xc3\xa4r')
    expect(headers.has('x-bar')).toBe(false)
    expect(headers.has(Via)).toBe(true)
    expect(headers.has(Route)).toBe(false)
    expect(headers.get(Route)).toBeUndefined()
    expect(headers.getAll(Route)).toEqual([])
    expect(headers.get('x-bar')).toBeUndefined()
    expect(headers.size).toBe(12)
    expect([...headers].slice(-2)).toEqual([
      ['k', 'a,b'],
      ['SUPPORTED', 'c'],
    ])
  })

  it('reads each value once', () => {
    const invite = request(message())
    expect(invite.via).toBe(invite.via)
    expect(invite.headers.getAll(Contact)).toBe(invite.headers.getAll(Contact))
    const other = defineHeader<object>({
      name: 'Max-Forwards',
      kind: 'single',
      parse: (c) => ({ a: c.rest() }),
      print: String,
    })
    expect(invite.headers.get(other)).toEqual({ a: '70' })
    expect(invite.headers.get(other)).toBe(invite.headers.get(other))
  })

  it('may lack Max-Forwards, Content-Length, Contact and what RFC 2543 did not know', () => {
    const old = request(
      'INVITE sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: sip:a@h\r\nt: sip:b@h\r\ni: x\r\nCSeq: 1 INVITE\r\n\r\nbody',
    )
    expect(old.text).toBe('body')
    expect(old.from.tag).toBeUndefined()
  })

  it('may begin with line breaks, and have bytes behind its body', () => {
    const text = message({ head: [...HEAD, 'Content-Length: 4'], body: 'abcd' })
    const { source, body } = request(`\r\n\r\n${text}INVITE sip:x SIP/2.0\r\n\r\n`)
    expect(source).toEqual(textToBytes(text))
    expect(body).toEqual(textToBytes('abcd'))
  })

  it('may be large', () => {
    const body = 'x'.repeat(9000)
    const invite = request(`\r\n${message({ head: [...HEAD, `X-Long: ${'y'.repeat(5000)}`], body })}`)
    expect(invite.headers.get('X-Long')).toHaveLength(5000)
    expect(invite.text).toBe(body)
    expect(invite.headers.head.endsWith('y\r\n\r\n')).toBe(true)
  })

  it('has a body that is no text', () => {
    const invite = parseMessage(new Uint8Array([...textToBytes(message()), 0, 255, 13, 10, 13, 10]))
    expect(invite.type === 'request' && [...invite.request.body]).toEqual([0, 255, 13, 10, 13, 10])
  })
})

describe('a request that can only be refused', () => {
  it.each([
    ['From', replaced('From')],
    ['To', replaced('To')],
    ['Call-ID', replaced('Call-ID')],
    ['CSeq', replaced('CSeq')],
    ['CSeq', replaced('CSeq', 'CSeq: 1 BYE')],
    ['CSeq', replaced('CSeq', 'CSeq: 1 invite')],
    ['CSeq', replaced('CSeq', 'CSeq: 4294967296 INVITE')],
    ['From', [...HEAD, 'f: <sip:a@h>']],
    ['Content-Length', [...HEAD, 'Content-Length: 0', 'l: 0']],
    ['Content-Length', [...HEAD, 'Content-Length: 1']],
    ['Content-Length', [...HEAD, 'Content-Length: -1']],
    ['Max-Forwards', replaced('Max-Forwards', 'Max-Forwards: 256')],
    ['Via', replaced('Via', 'Via: SIP/2.0/UDP h;;,')],
    ['Via', [...HEAD, 'Via: nonsense']],
    ['To', replaced('To', 'To: "Bob <sip:bob@example.net>')],
    ['Contact', replaced('Contact', 'Contact: sip:user@example.com?Route=x')],
    ['Contact', replaced('Contact', 'Contact: *, <sip:a@h>')],
    ['Record-Route', [...HEAD, 'Record-Route: <sip:p;lr>,']],
    ['Require', [...HEAD, 'Require:']],
    ['head', [...HEAD, 'no colon']],
    ['head', [...HEAD, 'X: a\nb']],
  ])('for its %s: %j', (within, head) => {
    expect(refusal(message({ head }))).toBe(`400 ${within}`)
  })

  it('names the start line', () => {
    expect(refusal(message({ start: 'INVITE <sip:b@h> SIP/2.0' }))).toBe('400 Request-URI')
    expect(refusal(message({ start: 'INVITE sip:b@h SIP/7.0' }))).toBe('505 start line')
  })

  it('still has its lines for the answer', () => {
    const result = parse(
      message({ head: [...replaced('To', 'To: "'), 'Record-Route: <sip:p;lr>, nonsense'] }),
    )
    if (result.type !== 'bad-request') throw new Error(result.type)
    const { request } = result
    expect(request.via.host).toBe('client.example.com')
    expect(request.headers.rawLines('To')).toEqual(['"'])
    expect(request.headers.rawLines(Via)).toHaveLength(2)
    expect(request.cseq.seq).toBe(1)
    expect(() => request.to).toThrow(/To/)
    expect(request.headers.get(RecordRoute)?.uri.toString()).toBe('sip:p;lr')
    expect(() => request.headers.getAll(RecordRoute)).toThrow(/Record-Route/)
    expect(request.body).toHaveLength(0)
  })

  it('for too many headers', () => {
    const head = [...HEAD, ...Array.from({ length: 200 }, () => 'X: y')]
    expect(refusal(message({ head }))).toBe('513 head')
    expect(parse(message({ head }), { maxHeaders: 300 }).type).toBe('request')
    expect(refusal(message(), { maxHeaders: 3 })).toBe('513 head')
    expect(refusal(message(), { maxBytes: 100 })).toBe('513 message')
    expect(parse(message(), { maxBytes: 10_000 }).type).toBe('request')
  })

  it('for the end of its head that is missing', () => {
    expect(refusal(message({ end: '\r\n' }))).toBe('400 head')
    expect(refusal(message({ end: '' }))).toBe('400 head')
  })

  it('is garbage when it has no Via to answer to', () => {
    expect(refusal(message({ head: replaced('Via') }))).toBe('garbage')
    expect(refusal(message({ start: 'nonsense' }))).toBe('garbage')
    for (const text of ['', '\r\n', '\0', 'INVITE', 'SIP/2.0', '\r\n\r\n\r\n'])
      expect(refusal(text), JSON.stringify(text)).toBe('garbage')
  })
})

describe('a response', () => {
  const start = 'SIP/2.0 200 Fine'

  it('is read', () => {
    const result = parse(message({ start, body: 'abc' }))
    if (result.type !== 'response') throw new Error(result.type)
    expect(result.response).toMatchObject({ status: 200, reason: 'Fine', text: 'abc' })
    expect(result.response.cseq.method).toBe('INVITE')
  })

  it('is garbage with anything wrong', () => {
    for (const head of [
      replaced('CSeq'),
      replaced('CSeq', 'CSeq: x INVITE'),
      [...HEAD, 'Retry-After: 99999999999'],
      [...HEAD, 'l: 9'],
    ]) {
      expect(refusal(message({ start, head }))).toBe('garbage')
    }
  })
})

describe('headers of other packages', () => {
  const XFoo = defineHeader<string>({
    name: 'X-Foo',
    kind: 'single',
    parse: (c) => c.token('a token'),
    print: (v) => v,
  })
  const headers = [XFoo]

  it('must be well-formed when they are handed in', () => {
    expect(refusal(message({ head: [...HEAD, 'X-Foo: (('] }), { headers })).toBe('400 X-Foo')
    expect(request(message({ head: [...HEAD, 'X-Foo: a'] }), { headers }).headers.get(XFoo)).toBe('a')
  })

  it('are read when asked for when they are not', () => {
    const bad = request(message({ head: [...HEAD, 'X-Foo: (('] })).headers
    expect(() => bad.get(XFoo)).toThrow(/X-Foo/)
    expect(bad.get('X-Foo')).toBe('((')
    expect(request(message({ head: [...HEAD, 'X-Foo: a'] })).headers.get(XFoo)).toBe('a')
  })

  it('cannot make the parser throw', () => {
    const careless = defineHeader<string>({
      name: 'X-Foo',
      kind: 'single',
      parse() {
        throw new TypeError('oops')
      },
      print: (v) => v,
    })
    expect(refusal(message({ head: [...HEAD, 'X-Foo: a'] }), { headers: [careless] })).toBe('400 head')
  })
})

describe('whatever comes', () => {
  const bytes = wireToBytes(
    message({ head: [...HEAD, 'Route: <sip:p;lr>,<sip:q>', 'Content-Length: 3'], body: 'abc' }),
  )

  function check(input: Uint8Array) {
    const result = parseMessage(input)
    if (result.type === 'garbage' || result.type === 'bad-request') return
    const message = result.type === 'request' ? result.request : result.response
    // None of these throws in a message that was taken.
    expect([message.via, message.from, message.to, message.callId, message.cseq]).not.toContain(undefined)
    expect(message.headers.getAll(Contact)).toBeDefined()
    expect(message.headers.get(ContentLength) ?? 0).toBeLessThanOrEqual(input.length)
    for (const [, text] of message.headers) expect(text).not.toMatch(/[\r\n]/)
  }

  it('is judged, bytes exchanged, put in and taken out', () => {
    const edit = fc.record({
      at: fc.nat(bytes.length - 1),
      remove: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let edited = [...bytes]
        for (const { at, remove, insert } of edits) edited = edited.toSpliced(at, remove, ...insert)
        check(new Uint8Array(edited))
      }),
      { numRuns: 3000 },
    )
  })

  it('is judged when cut off anywhere', () => {
    for (let length = 0; length < bytes.length; length++) {
      const result = parseMessage(bytes.subarray(0, length))
      expect(result.type === 'request' || result.type === 'response', `${length}`).toBe(false)
    }
  })

  it('is judged in linear time', () => {
    const size = 100_000
    const pieces = [
      '<',
      '"',
      '\\"',
      '(',
      ',',
      ';',
      ';a',
      '@',
      '%',
      ' ',
      '\r\n ',
      'sip:',
      'a ',
      'a:',
      '[',
      '<sip:a@h>,',
      ';a=b',
      'x\r\n',
      '\r',
      '\n',
    ]
    for (const header of [
      'Via: SIP/2.0/UDP h',
      'To: ',
      'Contact: ',
      'Contact: "',
      'Route: <sip:',
      'Retry-After: 1 (',
      'X: ',
      '',
    ]) {
      for (const piece of pieces) {
        const line = header + piece.repeat(size / piece.length)
        const input = wireToBytes(message({ head: [line, ...HEAD] }))
        const before = performance.now()
        parseMessage(input)
        // Quadratic time would take minutes; the rest is room for a busy machine.
        expect(performance.now() - before, JSON.stringify([header, piece])).toBeLessThan(1000)
      }
    }
  }, 60_000)
})
