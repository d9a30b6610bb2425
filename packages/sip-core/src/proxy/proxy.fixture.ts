/* For the tests of this room: messages as they come from peers. */
import type { SipResponse } from '../message/index.ts'
import { textToBytes } from '../message/index.ts'
import { parseMessage } from '../parser/index.ts'
import type {
  Address,
  Flow,
  ReceivedRequest,
  ReceivedResponse,
  Transport,
  TransportProtocol,
} from '../transport/index.ts'

/** A transport that does nothing, at an address. */
export function transportAt(host: string, protocol: TransportProtocol = 'UDP', port = 5060): Transport {
  const local = { host, port }
  const transport: Transport = {
    protocol,
    local,
    reliable: protocol !== 'UDP',
    secure: protocol === 'TLS' || protocol === 'WSS',
    framing: protocol === 'UDP' ? 'message' : 'stream',
    listen: async () => {},
    connect: (remote) => flowOn(transport, remote),
    close: async () => {},
  }
  return transport
}

function flowOn(transport: Transport, remote: Address): Flow {
  return { transport, local: transport.local, remote, send: () => {}, close: () => {} }
}

export const PEER: Address = { host: '192.0.2.1', port: 5060 }

/** A request as it comes from the peer to a proxy at 192.0.2.9; a line of a header replaces what is there, an empty one takes it away. */
export function incoming(start: string, lines: readonly string[] = [], body = ''): ReceivedRequest {
  const method = start.slice(0, start.indexOf(' '))
  const message = parse(
    `${start} SIP/2.0`,
    [
      'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKpeer1;rport',
      'Max-Forwards: 70',
      'From: <sip:alice@example.com>;tag=a1',
      'To: <sip:bob@example.com>',
      'Call-ID: call-1',
      `CSeq: 1 ${method}`,
    ],
    lines,
    body,
  )
  if (message.type !== 'request') throw new Error(`the fixture's request is ${message.type}`)
  return { type: 'request', message: message.request, flow: flowOn(transportAt('192.0.2.9'), PEER) }
}

/** A response as it comes to a proxy at 192.0.2.9 for the peer's request. */
export function answered(status: number, lines: readonly string[] = [], body = ''): ReceivedResponse {
  const message = parse(
    `SIP/2.0 ${status} Said`,
    [
      'Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKproxy1',
      'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKpeer1;rport=5060;received=192.0.2.1',
      'From: <sip:alice@example.com>;tag=a1',
      'To: <sip:bob@example.com>;tag=b1',
      'Call-ID: call-1',
      'CSeq: 1 INVITE',
    ],
    lines,
    body,
  )
  if (message.type !== 'response') throw new Error(`the fixture's response is ${message.type}`)
  return { type: 'response', message: message.response, flow: flowOn(transportAt('192.0.2.9'), PEER) }
}

export function response(status: number, lines: readonly string[] = []): SipResponse {
  return answered(status, lines).message
}

function parse(start: string, usual: readonly string[], lines: readonly string[], body: string) {
  const named = (line: string) => line.slice(0, line.indexOf(':')).toLowerCase()
  const replaced = new Set(lines.map(named))
  const kept = usual.filter((line) => !replaced.has(named(line)))
  const added = lines.filter((line) => !line.endsWith(':'))
  return parseMessage(textToBytes([start, ...kept, ...added, '', body].join('\r\n')))
}
