import { Endpoint, parseNameAddr, SipRequest, type SipResponse } from 'sip-core'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from 'sip-core/testing'
import { beforeEach, expect, it } from 'vitest'
import type { Dialog } from './dialog.ts'
import { DialogLayer } from './dialog-layer.ts'

let clock: VirtualClock
let endpoint: Endpoint
let layer: DialogLayer
let peer: ScriptedPeer
let dialog: Dialog
let log: string[]

// A dialog of this end in which two usages are: the first takes INFO, the second what is left but BYE.
beforeEach(async () => {
  clock = new VirtualClock()
  log = []
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  endpoint = await Endpoint.start(network.platform(), [network.udp('192.0.2.1')])
  for (const method of ['INVITE', 'BYE', 'NOTIFY', 'INFO', 'CANCEL'])
    endpoint.capabilities.methods.add(method)
  layer = DialogLayer.of(endpoint)
  peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
  dialog = layer.createUac({
    local: parseNameAddr('<sip:a@x>'),
    remote: parseNameAddr('<sip:peer@192.0.2.2>'),
  })
  const usage = (name: string, takes: (method: string) => boolean) => ({
    name,
    onDialog: ({ received }: { received: Parameters<Dialog['respond']>[0] }) => {
      const { method } = received.message
      log.push(`${name} is offered ${method}`)
      if (!takes(method)) return false
      if (method !== 'ACK') dialog.respond(received, 200)
      return true
    },
  })
  dialog.attach(usage('first', (method) => method === 'INFO'))
  dialog.attach(usage('second', (method) => method !== 'BYE'))
  dialog.send(dialog.createRequest('INVITE'), { onClientRequest: () => {} })
  clock.advance(2)
  peer.answer(peer.last('INVITE'), 200, { lines: ['Contact: <sip:peer@192.0.2.2>'] })
  clock.advance(2)
  peer.heard()
})

function say(method: string, ...lines: string[]): readonly string[] {
  const made = peer.messages.find((message) => message instanceof SipRequest) as SipRequest
  peer.request(method, made, { lines })
  clock.advance(2)
  return peer.heard()
}

it('is one for each endpoint', () => {
  expect(DialogLayer.of(endpoint)).toBe(layer)
})

it('finds a dialog by Call-ID and both tags, byte by byte', () => {
  const { callId, localTag } = dialog
  expect(layer.find(callId, localTag, 'peer')).toBe(dialog)
  expect(layer.find(callId, localTag, 'PEER')).toBe(undefined)
  expect(layer.find(callId, localTag, undefined)).toBe(undefined)
  expect(layer.find(callId, 'peer', localTag)).toBe(undefined)
  expect(layer.find(`${callId}x`, localTag, 'peer')).toBe(undefined)
})

it('offers a request to the usages in their order, until one takes it', () => {
  expect(say('INFO')).toEqual(['200 INFO'])
  expect(say('NOTIFY')).toEqual(['200 NOTIFY'])
  expect(log).toEqual(['first is offered INFO', 'first is offered NOTIFY', 'second is offered NOTIFY'])
})

it('has what no usage takes answered 481', () => {
  expect(say('BYE')).toEqual(['481 BYE'])
  expect(dialog.state).toBe('confirmed')
})

it('has a request of an unknown dialog answered 481, an ACK not at all', () => {
  expect(say('INFO', 'From: <sip:peer@192.0.2.2>;tag=other')).toEqual(['481 INFO'])
  expect(say('INFO', 'Call-ID: other')).toEqual(['481 INFO'])
  expect(say('ACK', 'Call-ID: other')).toEqual([])
  expect(log).toEqual([])
})

it('refuses what cannot be taken before a usage sees it', () => {
  expect(say('REFER')).toEqual(['405 REFER'])
  expect(say('JUMP')).toEqual(['501 JUMP'])
  expect(say('INFO', 'Require: telepathy')).toEqual(['420 INFO'])
  expect(say('ACK', 'Require: telepathy')).toEqual([])
  expect(log).toEqual(['first is offered ACK', 'second is offered ACK'])
})

it('answers OPTIONS itself when no usage does', () => {
  dialog.detach(dialog.usages[1] as (typeof dialog.usages)[number])
  expect(say('OPTIONS')).toEqual(['200 OPTIONS'])
  expect((peer.messages.at(-1) as SipResponse).headers.get('Allow')).toContain('INVITE')
})

it('leaves a CANCEL to the INVITE that it belongs to', () => {
  expect(say('CANCEL')).toEqual(['481 CANCEL'])
  expect(log).toEqual([])
})

it('offers a NOTIFY, and nothing else, to a dialog whose peer is not known yet', () => {
  const asking = layer.createUac({
    local: parseNameAddr('<sip:a@x>'),
    remote: parseNameAddr('<sip:peer@192.0.2.2>'),
  })
  asking.attach({ name: 'asking', onDialog: ({ received }) => log.push(received.message.method) > 0 })
  const lines = [`Call-ID: ${asking.callId}`, `To: <sip:a@x>;tag=${asking.localTag}`]
  say('INFO', ...lines)
  say('NOTIFY', ...lines)
  expect(log).toEqual(['NOTIFY'])
})

it('looks at no response', () => {
  const received = { type: 'response', message: peer.last('INVITE') } as never
  expect(layer.receive(received)).toBe(false)
})

it('keeps the one dialog when another with the same id goes', () => {
  const { usages } = dialog
  const twin = { callId: dialog.callId, localTag: dialog.localTag, remoteTag: 'peer' } as Dialog
  layer.remove(twin)
  expect([layer.size, usages.length]).toEqual([1, 2])
})
