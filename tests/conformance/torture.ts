import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import {
  Authorization,
  bytesToWire,
  Contact,
  Endpoint,
  ModulePriority,
  type NameAddr,
  type ParseResult,
  parseMessage,
  printMessage,
  type Received,
  type ReceivedRequest,
  readBody,
  type SipMessage,
  type SipResponse,
  StreamFramer,
  Via,
} from 'sip-core'
import { LoopNetwork, SeededRandom, VirtualClock } from 'sip-core/testing'
import { UserAgent } from 'sip-ua'
import type { Expectation, ReadAddress, ReadMessage } from './expectations.ts'

/** What was seen of one message. */
export interface Verdict {
  readonly expectation: Expectation
  /** In short: what the parser made of it, and what was sent in answer. */
  readonly seen: string
  /** What is not as it should be; empty if all is well. */
  readonly wrong: readonly string[]
}

/** The bytes of a message of the torture tests. */
export function bytesOf(name: string): Uint8Array {
  return readFileSync(new URL(`torture/${name}.dat`, import.meta.url))
}

/** Reads a message as a datagram and on a stream, and sends it to a running endpoint. */
export async function judge(expectation: Expectation, bytes = bytesOf(expectation.name)): Promise<Verdict> {
  const wrong: string[] = []
  const expectSame = (what: string, seen: unknown, expected: unknown) => {
    if (!isDeepStrictEqual(seen, expected))
      wrong.push(`${what}: ${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}`)
  }
  const result = parseMessage(bytes)
  const message = messageOf(result)
  expectSame('read', readingOf(result), expectation.read)
  for (const [what, read, is] of expectation.also ?? [])
    if (message !== undefined) expectSame(what, read(message), is)
  if (message !== undefined) {
    const source = Buffer.from(bytes).subarray(0, message.source?.length)
    expectSame('printed', Buffer.from(printMessage(message)).equals(source), true)
  }
  expectSame('on a stream', framesOf([bytes]), expectation.stream ?? [kindOf(result)])
  expectSame('on a stream, byte by byte', framesOf(singly(bytes)), expectation.stream ?? [kindOf(result)])
  const answers = await answersTo(bytes, message)
  const response = answers[0]?.response
  expectSame('answers', statusesOf(answers), expectation.answer === 'nothing' ? [] : [expectation.answer])
  for (const [name, texts] of Object.entries(expectation.headers ?? {}))
    expectSame(`${name} in the answer`, response?.headers.getAll(name), texts)
  if (response !== undefined && message !== undefined) {
    expectSame('the Via that is answered', response.via.branch, message.via.branch)
    expectSame('the Call-ID that is answered', response.callId, message.callId)
  }
  return { expectation, seen: `${kindOf(result)} > ${statusesOf(answers).join() || 'nothing'}`, wrong }
}

function messageOf(result: ParseResult): SipMessage | undefined {
  if (result.type === 'request') return result.request
  return result.type === 'response' ? result.response : undefined
}

function readingOf(result: ParseResult): Expectation['read'] {
  switch (result.type) {
    case 'request': {
      const { method, uri } = result.request
      return { method, uri: uri.toString(), ...valuesOf(result.request) }
    }
    case 'response': {
      const { status, reason } = result.response
      return { status, reason, ...valuesOf(result.response) }
    }
    case 'bad-request':
      return { refused: result.status, within: result.error.within }
    case 'garbage':
      return { dropped: result.error.within }
  }
}

function valuesOf(message: SipMessage): ReadMessage {
  const { from, to, callId, cseq, headers, body } = message
  return {
    from: addressOf(from),
    to: addressOf(to),
    callId,
    cseq: `${cseq.seq} ${cseq.method}`,
    via: headers.getAll(Via).map((hop) => hop.toString().replace('SIP/2.0/', '')),
    contact: headers.getAll(Contact).map((contact) => (contact === '*' ? contact : addressOf(contact))),
    body: body.length,
    lines: headers.size,
  }
}

function addressOf({ displayName, uri, params }: NameAddr): ReadAddress {
  return {
    ...(displayName === undefined ? {} : { name: displayName }),
    uri: uri.toString(),
    ...(params.size === 0 ? {} : { params: params.toString() }),
  }
}

function kindOf(result: ParseResult): string {
  return result.type === 'bad-request' ? `bad-request ${result.status}` : result.type
}

function framesOf(chunks: Iterable<Uint8Array>): readonly string[] {
  const framer = new StreamFramer()
  const frames: string[] = []
  for (const chunk of chunks) {
    framer.push(chunk)
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
      if (frame.type === 'message') frames.push(kindOf(parseMessage(frame.bytes)))
      else frames.push(frame.type === 'error' ? `lost ${frame.status}` : frame.type)
    }
  }
  return frames
}

function* singly(bytes: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i++) yield bytes.slice(i, i + 1)
}

/** What was sent in answer. One to a request that could not be read may be unreadable itself: it quotes it. */
interface Answer {
  readonly status: number
  readonly response: SipResponse | undefined
}

function statusesOf(answers: readonly Answer[]): readonly number[] {
  return [...new Set(answers.map(({ status }) => status))]
}

// What an endpoint sends within a tenth of a second. It has a user agent whose user is busy, a registrar, and takes
// MESSAGE. A response comes to where it claims to belong.
async function answersTo(bytes: Uint8Array, message: SipMessage | undefined): Promise<readonly Answer[]> {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const host = message?.kind === 'response' ? message.via.host : '192.0.2.254'
  const here = { host, port: 5060 }
  const answers: Answer[] = []
  network.on('packet', (packet) => {
    if (packet.from.host !== host) return
    const result = parseMessage(packet.bytes)
    const response = result.type === 'response' ? result.response : undefined
    answers.push({ status: Number(bytesToWire(packet.bytes, 8, 11)), response })
  })
  const endpoint = await Endpoint.start(network.platform(), [network.udp(host)])
  serve(endpoint)
  const agent = new UserAgent(endpoint, { identity: 'sip:here@example.com' })
  agent.on('invite', (incoming) => incoming.reject(486))
  const peer = network.udp('192.0.2.253')
  await peer.listen({ onTransport() {} })
  peer.connect(here).send(bytes, () => {})
  await clock.play(100)
  await endpoint.close()
  return answers
}

function serve(endpoint: Endpoint): void {
  endpoint.capabilities.methods.add('REGISTER').add('MESSAGE')
  endpoint.use({
    name: 'registrar and recipient',
    priority: ModulePriority.application,
    receive(received: Received) {
      if (received.type === 'response') return false
      const { method } = received.message
      if (method === 'REGISTER') register(endpoint, received)
      else if (method === 'MESSAGE') takeMessage(endpoint, received)
      return method === 'REGISTER' || method === 'MESSAGE'
    },
  })
}

// The steps of RFC 3261 §10.3 that need no memory.
function register(endpoint: Endpoint, received: ReceivedRequest): void {
  const { headers, to } = received.message
  const credentials = headers.getAll(Authorization)
  if (credentials.some((value) => !value.is('Digest'))) {
    const challenge = { 'WWW-Authenticate': 'Digest realm="example.com", nonce="1"' }
    return endpoint.respond(received, 401, { headers: challenge })
  }
  if (to.uri.type !== 'sip') return endpoint.respond(received, 400)
  endpoint.respond(received, 200, { headers: { Contact: headers.getAll(Contact).map(String) } })
}

function takeMessage(endpoint: Endpoint, received: ReceivedRequest): void {
  endpoint.respond(received, readBody(received.message).type === 'body' ? 200 : 400)
}
