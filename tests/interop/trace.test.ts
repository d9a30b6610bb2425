import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { udpSender } from 'sip-core/node'
import { HepSender, PcapWriter } from 'sip-core/trace'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { NodeAgent, SDP } from './node-agent.ts'
import { dissect } from './tshark.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sip-trace-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** A capture in the test's directory, and what tshark reads in it once it is closed. */
function capture() {
  const path = join(directory, 'capture.pcapng')
  const file = createWriteStream(path)
  const pcap = new PcapWriter({ write: (bytes) => file.write(bytes) })
  return {
    pcap,
    async read<F extends string>(fields: readonly F[], decodeAs: readonly string[] = []) {
      file.end()
      await finished(file)
      return dissect(path, fields, { decodeAs })
    },
  }
}

/** Alice calls Bob, who answers; then she hangs up. */
async function call(alice: NodeAgent, bob: NodeAgent): Promise<void> {
  bob.ua.on('invite', (incoming) => {
    incoming.ring()
    incoming.accept({ sdp: SDP })
  })
  const call = alice.ua.invite(bob.uri, { sdp: SDP })
  await call.established
  await call.end()
}

const GOOD = '1'

it('tshark reads a call in the capture, message by message, with the addresses they had', async () => {
  const { pcap, read } = capture()
  await using alice = await NodeAgent.start('alice')
  await using bob = await NodeAgent.start('bob')
  pcap.watch(alice.endpoint, { name: 'alice' })
  await call(alice, bob)
  const ports = [alice.address.port, bob.address.port].map(String)
  const packets = await read(
    [
      'frame.interface_name',
      'ip.src',
      'ip.dst',
      'udp.srcport',
      'udp.dstport',
      'ip.checksum.status',
      'udp.checksum.status',
      'sip.Method',
      'sip.Status-Code',
      'sip.CSeq.method',
      'sdp.media',
    ],
    ports.map((port) => `udp.port==${port},sip`),
  )
  const messages = packets.map((p) => p['sip.Method'] || `${p['sip.Status-Code']} ${p['sip.CSeq.method']}`)
  // A slow machine may send some of them twice; the first of each tells the call.
  expect([...new Set(messages)].filter((message) => message !== '100 INVITE')).toEqual([
    'INVITE',
    '180 INVITE',
    '200 INVITE',
    'ACK',
    'BYE',
    '200 BYE',
  ])
  for (const packet of packets) {
    expect(packet).toMatchObject({
      'frame.interface_name': 'alice',
      'ip.src': '127.0.0.1',
      'ip.dst': '127.0.0.1',
      'ip.checksum.status': GOOD,
      'udp.checksum.status': GOOD,
    })
    const path = [packet['udp.srcport'], packet['udp.dstport']]
    expect(path).toEqual(packet['sip.Method'] === '' ? [...ports].reverse() : ports)
  }
  expect(packets[0]?.['sdp.media']).toBe('audio 40000 RTP/AVP 0')
})

it('tells a collector of a call, message by message, by HEP over UDP', async () => {
  const collector = createSocket('udp4').bind(0, '127.0.0.1')
  await once(collector, 'listening')
  await using alice = await NodeAgent.start('alice')
  await using bob = await NodeAgent.start('bob')
  const heard: HepPacket[] = []
  const ended = new Promise<void>((resolve) =>
    collector.on('message', (packet) => {
      heard.push(readHep(packet))
      const { message } = readHep(packet)
      if (message.startsWith('SIP/2.0 200') && message.includes(' BYE')) resolve()
    }),
  )
  await using sender = await udpSender({ host: '127.0.0.1', port: collector.address().port })
  new HepSender({ send: (packet) => sender.send(packet), agentId: 77 }).watch(alice.endpoint)
  await call(alice, bob)
  await ended
  collector.close()

  const firstLines = heard.map(({ message }) => message.split(' ', 2).join(' '))
  expect([...new Set(firstLines)].filter((line) => line !== 'SIP/2.0 100')).toEqual([
    `INVITE ${bob.uri}`,
    'SIP/2.0 180',
    'SIP/2.0 200',
    `ACK ${bob.uri}`,
    `BYE ${bob.uri}`,
  ])
  for (const { source, destination, agent, message } of heard) {
    const path = [alice, bob].map(({ address }) => `${address.host}:${address.port}`)
    expect([source, destination]).toEqual(message.startsWith('SIP/2.0') ? path.reverse() : path)
    expect(agent).toBe(77)
  }
})

interface HepPacket {
  readonly source: string
  readonly destination: string
  readonly agent: number
  readonly message: string
}

/** What a collector makes of a packet: chunks of vendor, type, length and value after the 6 bytes of the head. */
function readHep(packet: Buffer): HepPacket {
  expect(packet.toString('latin1', 0, 4)).toBe('HEP3')
  expect(packet.readUInt16BE(4)).toBe(packet.length)
  const chunks = new Map<number, Buffer>()
  for (let at = 6; at < packet.length; at += packet.readUInt16BE(at + 4))
    chunks.set(packet.readUInt16BE(at + 2), packet.subarray(at + 6, at + packet.readUInt16BE(at + 4)))
  const chunk = (type: number) => chunks.get(type) ?? Buffer.alloc(4)
  return {
    source: `${chunk(3).join('.')}:${chunk(7).readUInt16BE()}`,
    destination: `${chunk(4).join('.')}:${chunk(8).readUInt16BE()}`,
    agent: chunk(12).readUInt32BE(),
    message: chunk(15).toString('latin1'),
  }
}
