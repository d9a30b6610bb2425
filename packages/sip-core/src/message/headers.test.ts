import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError, ParseError } from '../base/errors.ts'
import {
  Allow,
  CallId,
  Contact,
  CSeq,
  MaxForwards,
  RecordRoute,
  Route,
  Subject,
  Supported,
  To,
  textHeader,
  Via,
  ViaValue,
} from './header/index.ts'
import { Headers } from './headers.ts'
import { NameAddr, parseNameAddr } from './name-addr.ts'

const via = (host: string) => new ViaValue({ transport: 'UDP', host })
const route = (host: string) => new NameAddr({ uri: `sip:${host};lr` })

describe('Headers', () => {
  it('keep typed values and give them back', () => {
    const to = parseNameAddr('<sip:a@h>')
    const headers = new Headers().set(To, to).set(MaxForwards, 70).set(CSeq, { seq: 1, method: 'INVITE' })
    expect(headers.get(To)).toBe(to)
    expect(headers.get(MaxForwards)).toBe(70)
    expect(headers.get('max-forwards')).toBe('70')
    expect(headers.get('T')).toBe('<sip:a@h>')
    expect(headers.get(CallId)).toBeUndefined()
    expect(headers.get('i')).toBeUndefined()
    expect(headers.toWire()).toBe('To: <sip:a@h>\r\nMax-Forwards: 70\r\nCSeq: 1 INVITE\r\n')
  })

  it('read text put in, typed or not', () => {
    const headers = new Headers().set(To, 'Bob <sip:a@h>').set('X-Foo', ' bär ').set('CSeq', '7 BYE')
    expect(headers.get(To)?.displayName).toBe('Bob')
    expect(headers.get('x-foo')).toBe('bär')
    expect(headers.get(CSeq)).toEqual({ seq: 7, method: 'BYE' })
    expect(headers.toWire()).toBe('To: Bob <sip:a@h>\r\nX-Foo: b\xc3\xa4r\r\nCSeq: 7 BYE\r\n')
    expect([...headers]).toEqual([
      ['To', 'Bob <sip:a@h>'],
      ['X-Foo', 'bär'],
      ['CSeq', '7 BYE'],
    ])
  })

  it('set in place, taking away other lines of that name', () => {
    const headers = new Headers().add('A', '1').add('B', '2').add('a', '3').add('C', '4')
    headers.set('A', 'x')
    expect(headers.toWire()).toBe('A: x\r\nB: 2\r\nC: 4\r\n')
    expect(headers.delete('b').size).toBe(2)
    expect(headers.has('B')).toBe(false)
  })

  it('give each Via and Route a line, and join tokens', () => {
    const headers = new Headers().setAll(Via, [via('a'), via('b')]).setAll(Allow, ['INVITE', 'ACK'])
    expect(headers.toWire()).toBe('Via: SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b\r\nAllow: INVITE, ACK\r\n')
    expect(headers.getAll(Via).map(({ host }) => host)).toEqual(['a', 'b'])
    expect(headers.getAll(Allow)).toEqual(['INVITE', 'ACK'])
    expect(headers.getAll('allow')).toEqual(['INVITE, ACK'])
  })

  it('write an empty list only where it means something', () => {
    expect(new Headers().setAll(Supported, []).toWire()).toBe('Supported: \r\n')
    expect(new Headers().setAll(Route, [route('a')]).setAll(Route, []).size).toBe(0)
    expect(() => new Headers().setAll(MaxForwards, [1, 2])).toThrow(ArgumentError)
  })

  it('read several values of one line and of several', () => {
    const headers = new Headers().add(Contact, '<sip:a@h>, <sip:b@h>').add(Contact, '<sip:c@h>')
    expect(headers.getAll(Contact).map(String)).toEqual(['<sip:a@h>', '<sip:b@h>', '<sip:c@h>'])
    expect(headers.get(Contact)?.toString()).toBe('<sip:a@h>')
  })

  it('prepend before lines of the name, or before all', () => {
    const headers = new Headers().set(CallId, 'x').prepend(Via, via('a')).add(Route, route('b'))
    headers.prepend(Route, route('a')).prepend(Via, via('b'))
    expect(headers.toWire()).toBe(
      'Via: SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP a\r\nCall-ID: x\r\nRoute: <sip:a;lr>\r\nRoute: <sip:b;lr>\r\n',
    )
  })

  it('copy lines as they are, each with what was read from it', () => {
    const from = new Headers().add(RecordRoute, '<sip:a;lr>,<sip:b;lr>').add(RecordRoute, route('c'))
    const to = new Headers().copy(from, RecordRoute).copy(from, Via).copy(from, 'record-route')
    expect(to.rawLines(RecordRoute)).toEqual([
      '<sip:a;lr>,<sip:b;lr>',
      '<sip:c;lr>',
      '<sip:a;lr>,<sip:b;lr>',
      '<sip:c;lr>',
    ])
    expect(to.getAll(RecordRoute)).toHaveLength(6)
  })

  it('a copy of what came has its lines as they came, and can be changed', () => {
    const came = new Headers().add('v', 'SIP/2.0/UDP a').add('X-Empty', '').add('x-Name', 'b: c')
    const copy = Headers.from(came)
    expect(copy.toWire()).toBe('v: SIP/2.0/UDP a\r\nX-Empty: \r\nx-Name: b: c\r\n')
    copy.prepend(Via, via('own')).delete('X-Empty')
    expect(copy.getAll(Via).map(({ host }) => host)).toEqual(['own', 'a'])
    expect(came.has('X-Empty')).toBe(true)
  })

  it('a clone goes its own way', () => {
    const headers = new Headers().set('A', '1')
    const clone = headers.clone()
    clone.set('A', '2').add('B', '3')
    expect(headers.toWire()).toBe('A: 1\r\n')
    expect(clone.toWire()).toBe('A: 2\r\nB: 3\r\n')
  })

  it('leave Content-Length to the printer', () => {
    expect(new Headers().set('Content-Length', '7').add('l', '8').set('A', '1').toWire()).toBe('A: 1\r\n')
  })

  it.each(['a\r\nb', 'a\rb', 'a\nb', 'a\0b', 'a\r\n b'])('refuse %j wherever it is put', (bad) => {
    const headers = new Headers()
    expect(() => headers.set('X-Foo', bad)).toThrow(ArgumentError)
    expect(() => headers.add('X-Foo', bad)).toThrow(ArgumentError)
    expect(() => headers.prepend('X-Foo', bad)).toThrow(ArgumentError)
    expect(() => headers.set(Subject, bad)).toThrow(ArgumentError)
    expect(() => headers.setAll(Subject, [bad])).toThrow(ArgumentError)
    expect(() => headers.set(To, `<sip:a@h>;x="${bad}"`)).toThrow(ArgumentError)
    expect(headers.size).toBe(0)
  })

  it('let no codec write a line break', () => {
    const careless = textHeader('X-Careless')
    expect(() => new Headers().setAll(careless, ['a\r\nVia: b'])).toThrow(/X-Careless/)
  })

  it('write back the escaped NUL that a peer may send', () => {
    const to = parseNameAddr('"a\\\0" <sip:a@h>').withParam('tag', 'x')
    expect(new Headers().set(To, to).toWire()).toBe('To: "a\\\0" <sip:a@h>;tag=x\r\n')
  })

  it('refuse what is no name or no value', () => {
    expect(() => new Headers().set('X Foo', 'a')).toThrow(ArgumentError)
    expect(() => new Headers().set('X-Foo:', 'a')).toThrow(ArgumentError)
    expect(() => new Headers().set(To, 'sip:a@h, sip:b@h')).toThrow(ArgumentError)
    expect(() => new Headers().set(MaxForwards, 256)).toThrow(ArgumentError)
    expect(() => new Headers().set(CallId, 'a b')).toThrow(/Call-ID/)
  })

  it('say so when text that was put in by name is no value of the header asked for', () => {
    const headers = new Headers().set('To', 'nonsense')
    expect(() => headers.get(To)).toThrow(ParseError)
    expect(headers.get('To')).toBe('nonsense')
  })

  it('no text gets a line break or NUL onto the wire', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (name, text) => {
        const headers = new Headers()
        try {
          headers.set(name, text)
        } catch (error) {
          expect(error).toBeInstanceOf(ArgumentError)
          return
        }
        expect(headers.toWire().replace(/\r\n$/, '')).not.toMatch(/[\r\n\0]/)
      }),
    )
  })
})
