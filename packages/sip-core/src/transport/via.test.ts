import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseUri, textToBytes } from '../message/index.ts'
import { parseMessage } from '../parser/index.ts'
import { LoopNetwork, SeededRandom, VirtualClock } from '../testing/index.ts'
import type { ReceivedRequest } from './received.ts'
import { isBoundToFlow, responseAddress, sentBy, stampedVia } from './via.ts'

const network = new LoopNetwork({ clock: new VirtualClock(), random: new SeededRandom(1) })

/** A request with this top Via that came from this address. */
function received(via: string, host: string, port: number): ReceivedRequest {
  const head = [
    'OPTIONS sip:bob@192.0.2.9 SIP/2.0',
    `Via: ${via}`,
    'Via: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKlower',
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    'Call-ID: 1',
    'CSeq: 1 OPTIONS',
  ]
  const result = parseMessage(textToBytes(`${head.join('\r\n')}\r\n\r\n`))
  if (result.type !== 'request') throw new Error(`not a request: ${JSON.stringify(result)}`)
  return { type: 'request', message: result.request, flow: network.udp('192.0.2.9').connect({ host, port }) }
}

describe('the Via of a received request', () => {
  it.each([
    ['sent from where it says', '192.0.2.1:5060;branch=z9hG4bK1', '192.0.2.1', 5060, ''],
    ['sent from another host', '10.0.0.1:5060;branch=z9hG4bK1', '192.0.2.1', 40000, ';received=192.0.2.1'],
    ['a name', 'client.example.com;branch=z9hG4bK1', '192.0.2.1', 5060, ';received=192.0.2.1'],
    ['an IPv6 address', '[2001:db8::1];branch=z9hG4bK1', '2001:db8::1', 5060, ''],
    ['an IPv6 address in capitals', '[2001:DB8::1];branch=z9hG4bK1', '2001:db8::1', 5060, ''],
  ])('%s', (_, via, host, port, added) => {
    const { message } = received(`SIP/2.0/UDP ${via}`, host, port)
    expect(String(stampedVia(message, { host, port }))).toBe(`SIP/2.0/UDP ${via}${added}`)
  })

  it('gets the port too where its sender asked for it, and then always the host', () => {
    const { message } = received('SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1', '192.0.2.1', 40000)
    const via = stampedVia(message, { host: '192.0.2.1', port: 40000 })
    expect(via.received).toBe('192.0.2.1')
    expect(via.rport).toBe(40000)
    expect(via.branch).toBe('z9hG4bK1')
  })

  it('does not believe what the sender wrote there', () => {
    const text = 'SIP/2.0/UDP 10.0.0.1;received=203.0.113.1;rport=9;branch=z9hG4bK1'
    const via = stampedVia(received(text, '192.0.2.1', 5060).message, { host: '192.0.2.1', port: 5060 })
    expect(via.received).toBe('192.0.2.1')
    expect(via.rport).toBe(5060)
  })

  it('can carry an IPv6 address, and is read back', () => {
    const { message } = received('SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1', '2001:db8::1', 5060)
    const via = String(stampedVia(message, { host: '2001:db8::1', port: 5060 }))
    const again = received(via, '2001:db8::1', 5060).message.via
    expect(again.received).toBe('2001:db8::1')
  })
})

describe('where a response goes', () => {
  it.each([
    ['the port of the Via', '192.0.2.1:5070;branch=z9hG4bK1', '192.0.2.1', 5070],
    ['5060 without one', '192.0.2.1;branch=z9hG4bK1', '192.0.2.1', 5060],
    ['the host it came from', '10.0.0.1:5070;branch=z9hG4bK1', '192.0.2.1', 5070],
    ['never what the sender calls received', '10.0.0.1;received=203.0.113.1', '192.0.2.1', 5060],
    ['the port it came from, if asked', '10.0.0.1:5070;rport;branch=z9hG4bK1', '192.0.2.1', 40000],
    ['maddr', '192.0.2.1;maddr=192.0.2.77;branch=z9hG4bK1', '192.0.2.77', 5060],
    ['maddr with a port', '192.0.2.1:5070;maddr=192.0.2.77;rport;branch=z9hG4bK1', '192.0.2.77', 5070],
  ])('%s', (_, via, host, port) => {
    expect(responseAddress(received(`SIP/2.0/UDP ${via}`, '192.0.2.1', 40000))).toEqual({ host, port })
  })

  it('is never further than the sender without maddr', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.ipV4(),
        fc.integer({ min: 1, max: 65535 }),
        fc.boolean(),
        (sent, from, port, rport) => {
          const via = `SIP/2.0/UDP ${sent}:${port};branch=z9hG4bK1${rport ? ';rport' : ''}`
          expect(responseAddress(received(via, from, 4444))).toEqual({
            host: from,
            port: rport ? 4444 : port,
          })
        },
      ),
    )
  })
})

describe('a transport as peers are told of it', () => {
  it.each([
    ['192.0.2.1', 5060, '192.0.2.1', 5060],
    ['2001:db8::1', 5061, '[2001:db8::1]', 5061],
    ['df7jal23ls0d.invalid', 0, 'df7jal23ls0d.invalid', undefined],
  ])('%s:%i', (host, port, toldHost, toldPort) => {
    expect(sentBy({ ...network.udp(host), local: { host, port } })).toEqual({
      host: toldHost,
      port: toldPort,
    })
  })
})

describe('isBoundToFlow', () => {
  it.each([
    'sip:alice@df7jal23ls0d.invalid;transport=ws',
    'sips:df7jal23ls0d.INVALID',
    'sip:a.invalid.:5060',
    'sip:alice@192.0.2.1;ob',
  ])('%s can be reached over its own connection only', (uri) => {
    expect(isBoundToFlow(parseUri(uri))).toBe(true)
  })

  it.each([
    'sip:alice@example.com;transport=ws',
    'sip:alice@invalid.example.com',
    'sip:alice@notinvalid',
    'sip:alice.invalid@example.com',
    'tel:+15551234;ob',
    'urn:x.invalid',
  ])('%s cannot', (uri) => {
    expect(isBoundToFlow(parseUri(uri))).toBe(false)
  })
})
