import { expect, it } from 'vitest'
import { createRequest, Endpoint } from '../endpoint/index.ts'
import { NameAddr, parseUri } from '../message/index.ts'
import { LoopNetwork } from './loop-network.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

async function meet() {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const endpoint = await Endpoint.start(network.platform(), [network.udp('192.0.2.1')])
  const peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
  return { clock, endpoint, peer }
}

it('opens with a request and keeps the answer', async () => {
  const { clock, peer } = await meet()
  peer.open('OPTIONS', { host: '192.0.2.1', port: 5060 })
  peer.open('OPTIONS', { host: '192.0.2.1', port: 5060 }, { lines: ['Max-Forwards: many'] })
  clock.advance(10)
  expect(peer.heard()).toEqual(['200 OPTIONS', '400 OPTIONS'])
  expect(peer.heard()).toEqual([])
})

it('answers only when told to, and goes on in the dialog', async () => {
  const { clock, endpoint, peer } = await meet()
  const heard: number[] = []
  const address = (text: string) => new NameAddr({ uri: text })
  const request = createRequest({
    method: 'REFER',
    uri: parseUri('sip:192.0.2.2'),
    from: address('sip:a@192.0.2.1').withParam('tag', '1'),
    to: address('sip:192.0.2.2'),
    callId: '1',
    seq: 1,
    contact: address('sip:a@192.0.2.1'),
  })
  endpoint.send(request, {
    onClientRequest: (event) => {
      if (event.type === 'response') heard.push(event.received.message.status)
    },
  })
  clock.advance(600)
  expect(peer.heard()).toEqual(['REFER', 'REFER'])
  peer.answer(peer.last('REFER'), 202, { lines: ['Expires: 60'] })
  peer.request('NOTIFY', peer.last('REFER'), { body: 'x' })
  clock.advance(10)
  expect(heard).toEqual([202])
  expect(peer.heard()).toEqual(['405 NOTIFY'])
  expect(() => peer.last('INVITE')).toThrow('no INVITE came')
})
