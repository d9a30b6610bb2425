import { Endpoint, type Flow, parseNameAddr, type ReceivedRequest } from 'sip-core'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from 'sip-core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Dialog } from './dialog.ts'
import { DialogLayer } from './dialog-layer.ts'
import type { DialogUsage } from './usage.ts'

const HERE = { host: '192.0.2.1', port: 5060 }
/** Addresses that nobody has, of a peer that can be reached over its own flow only. */
const UNREACHABLE = [
  'Contact: <sip:page@df7jal23ls0d.invalid;transport=udp>',
  'Contact: <sip:page@10.0.0.9;ob>',
]

let clock: VirtualClock
let network: LoopNetwork
let endpoint: Endpoint
let layer: DialogLayer
let peer: ScriptedPeer
/** The requests that came, outside of dialogs and within. */
let came: ReceivedRequest[]

const usage = (): DialogUsage => ({
  name: 'test',
  onDialog: ({ received }) => {
    came.push(received)
    return true
  },
})

beforeEach(async () => {
  clock = new VirtualClock()
  came = []
  network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  endpoint = await Endpoint.start(network.platform(), [network.udp(HERE.host)])
  for (const method of ['INVITE', 'ACK', 'BYE', 'INFO', 'NOTIFY']) endpoint.capabilities.methods.add(method)
  endpoint.use({
    name: 'test',
    priority: 64,
    receive: (received) => received.type === 'request' && came.push(received) > 0,
  })
  layer = DialogLayer.of(endpoint)
  peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
})

/** A dialog that the peer has begun. */
function begun(...lines: string[]): Dialog {
  peer.open('INVITE', HERE, { lines })
  clock.advance(2)
  const dialog = layer.createUas(came.at(-1) as ReceivedRequest)
  dialog.attach(usage())
  return dialog
}

function send(dialog: Dialog, method: string): void {
  dialog.send(dialog.createRequest(method), { onClientRequest: () => {} })
  clock.advance(2)
}

describe('a dialog with a peer that cannot be connected to', () => {
  it.each(UNREACHABLE)('sends where the peer was heard of: %s', (contact) => {
    const dialog = begun(contact)
    send(dialog, 'INFO')
    expect(String(peer.last('INFO').uri)).toBe(String(dialog.remoteTarget))
    const ack = dialog.createAck(dialog.createRequest('INVITE'))
    const again = dialog.sendAck(ack)
    again()
    clock.advance(2)
    expect(
      peer.messages.filter((message) => message.kind === 'request' && message.method === 'ACK'),
    ).toHaveLength(2)
  })

  it('follows the peer to where it is heard of later', async () => {
    const dialog = begun(UNREACHABLE[0] as string)
    dialog.createResponse(came[0] as ReceivedRequest, 200)
    const moved = await ScriptedPeer.at(network.udp('192.0.2.3'))
    const { callId, local, remote } = dialog
    const within = (seq: number, tag = local.tag) => ({
      lines: [`Call-ID: ${callId}`, `From: ${remote}`, `To: <sip:me@here>;tag=${tag}`, `CSeq: ${seq} INFO`],
    })
    // Neither a stranger's request nor one that comes too late moves it.
    moved.open('INFO', HERE, within(9, 'another'))
    moved.open('INFO', HERE, within(0))
    clock.advance(2)
    send(dialog, 'INFO')
    peer.last('INFO')
    moved.open('INFO', HERE, within(9))
    clock.advance(2)
    send(dialog, 'BYE')
    expect(moved.last('BYE').callId).toBe(callId)
  })

  it('begins over the flow that it is given, and learns from the answer', () => {
    peer.open('OPTIONS', HERE)
    clock.advance(2)
    const flow = came[0]?.flow as Flow
    const dialog = layer.createUac({
      local: parseNameAddr('<sip:me@example.com>'),
      remote: parseNameAddr('<sip:page@df7jal23ls0d.invalid;transport=ws>'),
      flow,
    })
    dialog.attach(usage())
    expect(String(dialog.contact.uri)).toBe('sip:me@192.0.2.1:5060')
    send(dialog, 'INVITE')
    peer.answer(peer.last('INVITE'), 200, { lines: [UNREACHABLE[0] as string] })
    clock.advance(2)
    send(dialog, 'BYE')
    expect(String(peer.last('BYE').uri)).toBe('sip:page@df7jal23ls0d.invalid;transport=udp')
  })

  it('is learnt of from its answer, or from a NOTIFY that comes before it', () => {
    const called = layer.createUac({
      local: parseNameAddr('<sip:me@example.com>'),
      remote: parseNameAddr('<sip:peer@192.0.2.2>'),
    })
    called.attach(usage())
    send(called, 'INVITE')
    peer.answer(peer.last('INVITE'), 200, { lines: UNREACHABLE.slice(0, 1) })
    clock.advance(2)
    send(called, 'BYE')
    expect(peer.last('BYE').callId).toBe(called.callId)

    const subscribed = layer.createUac({
      local: parseNameAddr('<sip:me@example.com>'),
      remote: parseNameAddr('<sip:peer@192.0.2.2>'),
    })
    subscribed.attach(usage())
    send(subscribed, 'SUBSCRIBE')
    peer.request('NOTIFY', peer.last('SUBSCRIBE'), { lines: UNREACHABLE.slice(0, 1) })
    clock.advance(2)
    subscribed.respond(came.at(-1) as ReceivedRequest, 200)
    send(subscribed, 'INFO')
    expect(String(peer.last('INFO').uri)).toBe('sip:page@df7jal23ls0d.invalid;transport=udp')
  })

  it('that says where it is, is looked for there', async () => {
    const elsewhere = await ScriptedPeer.at(network.udp('192.0.2.4'))
    const dialog = begun('Contact: <sip:peer@192.0.2.4>')
    send(dialog, 'INFO')
    elsewhere.last('INFO')
    expect(peer.messages).toEqual([])
  })

  it('and a proxy in between sends to the proxy', async () => {
    const proxy = await ScriptedPeer.at(network.udp('192.0.2.5'))
    const dialog = begun(UNREACHABLE[0] as string, 'Record-Route: <sip:192.0.2.5;lr>')
    send(dialog, 'INFO')
    proxy.last('INFO')
    expect(peer.messages).toEqual([])
  })
})
