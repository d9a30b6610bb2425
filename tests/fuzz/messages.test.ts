import fc from 'fast-check'
import {
  Contact,
  Endpoint,
  Headers,
  type ParseResult,
  parseMessage,
  printMessage,
  readBody,
  type SipMessage,
  SipRequest,
  SipResponse,
  Via,
} from 'sip-core'
import { LoopNetwork, SeededRandom, VirtualClock } from 'sip-core/testing'
import { DialogLayer, UserAgent } from 'sip-ua'
import { Xfer } from 'sip-xfer'
import { expect, it } from 'vitest'
import { codecs } from './codecs.ts'
import { corpus, mutated } from './corpus.ts'
import { seen } from './values.ts'

const RUNS = { numRuns: 3000 }

it('any message is judged, and every time alike', () => {
  fc.assert(
    fc.property(mutated, (bytes) => {
      const first = inShort(parseMessage(bytes))
      expect(inShort(parseMessage(bytes))).toEqual(first)
      // Without a Buffer's help, and somewhere else in memory.
      expect(inShort(parseMessage(new Uint8Array(bytes)))).toEqual(first)
    }),
    RUNS,
  )
}, 60_000)

it('what is taken is printed as it came', () => {
  fc.assert(
    fc.property(mutated, (bytes) => {
      const message = taken(parseMessage(bytes))
      if (message === undefined) return
      const printed = Buffer.from(printMessage(message))
      expect(bytes.subarray(bytes.indexOf(printed)).subarray(0, printed.length).equals(printed)).toBe(true)
      expect(inShort(parseMessage(printed))).toEqual(inShort(parseMessage(bytes)))
    }),
    RUNS,
  )
}, 60_000)

it('what is taken can be read, and built anew', () => {
  fc.assert(
    fc.property(mutated, (bytes) => {
      const message = taken(parseMessage(bytes))
      if (message === undefined) return
      for (const codec of codecs) readable(() => message.headers.getAll(codec))
      readBody(message)
      expect([...message.headers]).toHaveLength(message.headers.size)
      expect(valuesOf(parseMessage(printMessage(rebuilt(message))))).toEqual(valuesOf(parseMessage(bytes)))
    }),
    RUNS,
  )
}, 60_000)

it('an endpoint lives through anything, and keeps nothing', async () => {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const endpoint = await Endpoint.start(network.platform(), [network.udp('192.0.2.1')])
  const agent = new UserAgent(endpoint, { identity: 'sip:here@example.com' })
  agent.on('invite', (incoming) => incoming.accept({ sdp: 'v=0' }))
  new Xfer(agent).on('refer', (referral) => referral.reject())
  const peer = network.udp('192.0.2.2')
  await peer.listen({ onTransport() {} })
  const flow = peer.connect({ host: '192.0.2.1', port: 5060 })
  const messages = [...corpus, ...fc.sample(mutated, { numRuns: 500, seed: 1 })]
  for (const bytes of messages) {
    flow.send(bytes, () => {})
    await clock.play(10)
  }
  void agent.close()
  await clock.play(200_000)
  expect(endpoint.transactions.size).toBe(0)
  expect(DialogLayer.of(endpoint).size).toBe(0)
  expect(clock.pending).toBe(0)
}, 60_000)

function taken(result: ParseResult): SipMessage | undefined {
  if (result.type === 'request') return result.request
  return result.type === 'response' ? result.response : undefined
}

function inShort(result: ParseResult): unknown {
  return 'error' in result ? [result.type, result.error.message] : valuesOf(result)
}

function valuesOf(result: ParseResult): unknown {
  const message = taken(result)
  if (message === undefined) return result
  const { from, to, callId, cseq, headers, body } = message
  const start =
    message.kind === 'request' ? [message.method, seen(message.uri)] : [message.status, message.reason]
  const lists = [...headers.getAll(Via), ...headers.getAll(Contact)]
  return [start, [from, to, callId, cseq, ...lists].map(seen), Buffer.from(body).toString('latin1')]
}

// The same, line by line, as if we had made it.
function rebuilt(message: SipMessage): SipMessage {
  const headers = new Headers()
  const names = new Set([...message.headers].map(([name]) => name))
  for (const name of names) if (!/^(content-length|l)$/i.test(name)) copyOnce(headers, message, name)
  const { body } = message
  if (message.kind === 'request') {
    const { method, uri } = message
    return new SipRequest({ method, uri, headers, body })
  }
  const { status, reason } = message
  return new SipResponse({ status, reason, headers, body })
}

// A name in another form is the same name.
function copyOnce(headers: Headers, message: SipMessage, name: string): void {
  if (!headers.has(name)) headers.copy(message.headers, name)
}

function readable(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'SIP_PARSE')) throw error
  }
}
