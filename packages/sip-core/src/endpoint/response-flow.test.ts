import { describe, expect, it } from 'vitest'
import { TransportError } from '../base/errors.ts'
import { textToBytes } from '../message/index.ts'
import { parseMessage } from '../parser/index.ts'
import {
  LoopNetwork,
  ScriptedPeer,
  SeededRandom,
  TableDns,
  VirtualClock,
  type Zone,
} from '../testing/index.ts'
import {
  type Address,
  type Flow,
  formatAddress,
  type ReceivedRequest,
  Resolver,
  type Target,
  type Transport,
  type TransportManager,
} from '../transport/index.ts'
import { Endpoint } from './endpoint.ts'
import { ModulePriority } from './module.ts'
import { ResponseFlow } from './response-flow.ts'

const PEER = { host: '192.0.2.1', port: 40_000 }
const BYTES = textToBytes('SIP/2.0 200 OK\r\n\r\n')

/** A request that came from `PEER`, and a network in which everything fails but what is named. */
function setUp(sentBy: string, works: readonly string[], { reliable = true, zone = {} as Zone } = {}) {
  const protocol = reliable ? 'TCP' : 'UDP'
  const transport = { protocol, reliable, local: { host: '192.0.2.9', port: 5060 } } as Transport
  const log: string[] = []
  const flowTo = (remote: Address, name: string): Flow => ({
    transport,
    local: transport.local,
    remote,
    close: () => void log.push(`close ${name}`),
    send: (_bytes, failed) => {
      log.push(name)
      if (!works.includes(name)) failed(new TransportError(`${name} is gone`))
    },
  })
  const text = [
    'OPTIONS sip:here@192.0.2.9 SIP/2.0',
    `Via: SIP/2.0/${protocol} ${sentBy};branch=z9hG4bK1`,
    'From: <sip:a@example.com>;tag=1',
    'To: <sip:b@example.com>',
    'Call-ID: 1',
    'CSeq: 1 OPTIONS',
    '',
    '',
  ]
  const result = parseMessage(textToBytes(text.join('\r\n')))
  if (result.type !== 'request') throw new Error('not a request')
  const first = flowTo(PEER, 'the flow')
  const received: ReceivedRequest = { type: 'request', message: result.request, flow: first }
  const clock = new VirtualClock()
  const dns = new TableDns(zone)
  const resolver = new Resolver({ dns, clock, random: new SeededRandom(1), transports: [transport] })
  const domains: string[] = []
  const transports = {
    flow: ({ address, domain }: Target) => {
      if (address.port === 1) throw new TransportError('no transport')
      domains.push(domain)
      return flowTo(address, formatAddress(address))
    },
  } as TransportManager
  const flow = new ResponseFlow(received, first, resolver, transports)
  const failures: string[] = []
  const send = async () => {
    flow.send(BYTES, ({ message }) => failures.push(message))
    await clock.play(0)
  }
  return { flow, send, log, failures, dns, domains }
}

describe('ResponseFlow (RFC 3261 §18.2.2, RFC 3263 §5)', () => {
  it('is the flow that brought the request, as long as that works', async () => {
    const { flow, send, log, failures } = setUp('192.0.2.1:5070', ['the flow'])
    await send()
    await send()
    expect([flow.remote, flow.local.port, flow.transport.protocol]).toEqual([PEER, 5060, 'TCP'])
    expect(log).toEqual(['the flow', 'the flow'])
    expect(failures).toEqual([])
    flow.close()
    expect(log.at(-1)).toBe('close the flow')
  })

  it('opens a new one to where the request came from, at the port in its Via, and stays with it', async () => {
    const { flow, send, log } = setUp('192.0.2.1:5070', ['192.0.2.1:5070'])
    await send()
    await send()
    expect(log).toEqual(['the flow', '192.0.2.1:5070', '192.0.2.1:5070'])
    expect(flow.remote).toEqual({ host: '192.0.2.1', port: 5070 })
  })

  it('takes the usual port where the Via has none', async () => {
    const { send, log } = setUp('192.0.2.1', ['192.0.2.1:5060'])
    await send()
    expect(log).toEqual(['the flow', '192.0.2.1:5060'])
  })

  it('then goes to the host that the Via names', async () => {
    const { send, log } = setUp('10.0.0.1:5070', ['10.0.0.1:5070'])
    await send()
    expect(log).toEqual(['the flow', '192.0.2.1:5070', '10.0.0.1:5070'])
  })

  it('looks that up by its SRV records, or with a port by its addresses', async () => {
    const zone = {
      srv: { '_sip._tcp.pbx.example.com': ['1 0 5080 a.example.com'] },
      address: { 'a.example.com': ['192.0.2.5'], 'pbx.example.com': ['192.0.2.6'] },
    }
    const srv = setUp('PBX.example.com', ['192.0.2.5:5080'], { zone })
    await srv.send()
    expect(srv.log).toEqual(['the flow', '192.0.2.1:5060', '192.0.2.5:5080'])
    expect(srv.domains).toEqual(['pbx.example.com', 'pbx.example.com'])
    const port = setUp('pbx.example.com:5090', ['192.0.2.6:5090'], { zone })
    await port.send()
    expect(port.log).toEqual(['the flow', '192.0.2.1:5090', '192.0.2.6:5090'])
    expect(port.dns.asked()).toEqual(['address pbx.example.com'])
  })

  it('tells of a failure once nothing is left', async () => {
    const { send, log, failures } = setUp('nowhere.example.com:5070', [])
    await send()
    expect(log).toEqual(['the flow', '192.0.2.1:5070'])
    expect(failures).toEqual(['192.0.2.1:5070 is gone'])
    await send()
    expect(failures).toHaveLength(2)
    expect(log).toHaveLength(3)
  })

  it('goes past a target to which there is no transport', async () => {
    const zone = { srv: { '_sip._tcp.pbx.example.com': ['1 0 1 192.0.2.5', '2 0 5080 192.0.2.5'] } }
    const { send, log, failures } = setUp('pbx.example.com', ['192.0.2.5:5080'], { zone })
    await send()
    expect(log.at(-1)).toBe('192.0.2.5:5080')
    expect(failures).toEqual([])
  })

  it('does not try the address again that a datagram did not reach', async () => {
    const { send, log, failures } = setUp('192.0.2.1:40000', [], { reliable: false })
    await send()
    expect(log).toEqual(['the flow'])
    expect(failures).toEqual(['the flow is gone'])
  })

  it('finds the way once for all that is sent meanwhile', async () => {
    const zone = { address: { 'pbx.example.com': ['192.0.2.6'] } }
    const { flow, log, failures, send } = setUp('pbx.example.com:5090', ['192.0.2.6:5090'], { zone })
    flow.send(BYTES, () => failures.push('first'))
    await send()
    const tries = (name: string) => log.filter((tried) => tried === name).length
    expect([tries('192.0.2.1:5090'), tries('192.0.2.6:5090')]).toEqual([1, 2])
    expect(failures).toEqual([])
  })
})

it('Endpoint: answers a peer whose connection has gone while it waited', async () => {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const endpoint = await Endpoint.start(network.platform(), [network.tcp('192.0.2.9')])
  endpoint.capabilities.methods.add('MESSAGE')
  const requests: ReceivedRequest[] = []
  endpoint.use({
    name: 'application',
    priority: ModulePriority.application,
    receive: (received) => received.type === 'request' && requests.push(received) > 0,
  })
  const before = network.tcp('192.0.2.1')
  const peer = await ScriptedPeer.at(before)
  peer.open('MESSAGE', { host: '192.0.2.9', port: 5060 })
  await clock.play(10)
  await before.close()
  const again = await ScriptedPeer.at(network.tcp('192.0.2.1'))
  await clock.play(10)
  const [received] = requests as [ReceivedRequest]
  endpoint.respond(received, 200)
  await clock.play(10)
  expect(peer.messages).toEqual([])
  expect(again.heard()).toEqual(['200 MESSAGE'])
})
