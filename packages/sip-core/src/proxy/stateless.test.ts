import { expect, it, onTestFinished } from 'vitest'
import { Endpoint, ModulePriority } from '../endpoint/index.ts'
import { parseUri } from '../message/index.ts'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from '../testing/index.ts'
import { forwardRequest, forwardResponse } from './stateless.ts'

const PROXY = { host: '192.0.2.9', port: 5060 }

/** A proxy that keeps nothing, between a caller on one side and a phone on the other. */
async function setUp(phoneOver: 'udp' | 'tcp' = 'udp') {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const transports = [network.udp(PROXY.host), network.tcp(PROXY.host)]
  const endpoint = await Endpoint.start(network.platform(), transports)
  endpoint.use({
    name: 'stateless proxy',
    priority: ModulePriority.application,
    receive(received) {
      const uri = parseUri(`sip:bob@192.0.2.2;transport=${phoneOver}`)
      if (received.type === 'request') forwardRequest(endpoint, received, { uri })
      else forwardResponse(endpoint, received)
      return true
    },
  })
  onTestFinished(() => endpoint.close())
  const caller = await ScriptedPeer.at(network.udp('192.0.2.1'))
  const phone = await ScriptedPeer.at(network[phoneOver]('192.0.2.2'))
  return { clock, endpoint, caller, phone }
}

const VIA = 'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKcall;rport'

it('sends requests on and responses back, and keeps nothing', async () => {
  for (const over of ['udp', 'tcp'] as const) {
    const { clock, endpoint, caller, phone } = await setUp(over)
    caller.open('INVITE', PROXY, { lines: [VIA] })
    clock.advance(5)
    phone.answer(phone.last('INVITE'), 180)
    phone.answer(phone.last('INVITE'), 200)
    clock.advance(5)
    expect(caller.heard()).toEqual(['180 INVITE', '200 INVITE'])
    expect(caller.lastAnswer('INVITE').headers.getAll('Via')).toHaveLength(1)
    expect(endpoint.transactions.size).toBe(0)
    expect(clock.pending).toBe(0)
  }
})

it('gives a retransmission, the CANCEL and the ACK to a refusal the branch of the INVITE', async () => {
  const { clock, caller, phone } = await setUp()
  for (const method of ['INVITE', 'INVITE', 'CANCEL', 'ACK']) {
    caller.open(method, PROXY, { lines: [VIA, 'Call-ID: one', `CSeq: 1 ${method}`] })
    clock.advance(5)
  }
  expect(phone.heard()).toEqual(['INVITE', 'INVITE', 'CANCEL', 'ACK'])
  expect(new Set(phone.messages.map(({ via }) => `${via}`)).size).toBe(1)
})

it('answers by the address that a request came from, whatever its Via says (RFC 3581)', async () => {
  const { clock, caller, phone } = await setUp()
  caller.open('OPTIONS', PROXY, { lines: ['Via: SIP/2.0/UDP 10.0.0.1:9;branch=z9hG4bKnat;rport'] })
  clock.advance(5)
  phone.answer(phone.last('OPTIONS'), 200)
  clock.advance(5)
  expect(caller.heard()).toEqual(['200 OPTIONS'])
})

it('drops a response that has nobody to go to', async () => {
  const { clock, endpoint, caller, phone } = await setUp()
  caller.open('OPTIONS', PROXY)
  clock.advance(5)
  const [own] = phone.last('OPTIONS').headers.getAll('Via')
  for (const next of [
    [],
    ['SIP/2.0/UDP nowhere.example.com;branch=z9hG4bKx'],
    ['SIP/2.0/SCTP 192.0.2.1;branch=z9hG4bKx'],
  ]) {
    phone.answer(phone.last('OPTIONS'), 200, { lines: [own, ...next].map((via) => `Via: ${via}`) })
    clock.advance(5)
  }
  expect(caller.heard()).toEqual([])
  expect(endpoint.transactions.size).toBe(0)
})
