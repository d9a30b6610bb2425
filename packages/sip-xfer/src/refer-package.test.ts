import { Endpoint } from 'sip-core'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from 'sip-core/testing'
import { expect, it } from 'vitest'
import { installRefer, REFER } from './refer.ts'

it('makes an endpoint know REFER', async () => {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const endpoint = await Endpoint.start(network.platform(), [network.udp('192.0.2.1')])
  const peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
  const ask = (method: string, ...lines: string[]) => {
    peer.open(method, { host: '192.0.2.1', port: 5060 }, { lines })
    clock.advance(10)
    return peer.lastAnswer(method)
  }
  expect(ask(REFER, 'Refer-To: <sip:c@d>').status).toBe(405)
  installRefer(endpoint)
  installRefer(endpoint)
  const { headers } = ask('OPTIONS')
  expect(headers.get('Allow')).toBe('OPTIONS, SUBSCRIBE, NOTIFY, REFER')
  expect(headers.get('Allow-Events')).toBe('refer')
  expect(headers.get('Accept')).toBe('message/sipfrag;version=2.0')
  // Nobody is there to follow it.
  expect(ask(REFER, 'Refer-To: <sip:c@d>').status).toBe(480)
  // RFC 3515 §2.4.2
  expect(ask(REFER, 'Refer-To: <sip:c@d>', 'Refer-To: <sip:e@f>').status).toBe(400)
  expect(ask(REFER, 'r: nonsense').status).toBe(400)
  // RFC 3515 §2.4.4
  expect(ask('SUBSCRIBE', 'Event: refer').status).toBe(403)
})
