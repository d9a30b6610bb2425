import { describe, expect, it } from 'vitest'
import { PcapWriter } from './pcap-writer.ts'
import { TraceStage } from './trace.fixture.ts'

interface Block {
  readonly type: number
  readonly body: DataView
}

// Every write is one whole block, framed by its length at both ends (pcapng §3.1).
function setUp() {
  const blocks: Block[] = []
  const pcap = new PcapWriter({
    write(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      expect(bytes.length % 4).toBe(0)
      expect(view.getUint32(4, true)).toBe(bytes.length)
      expect(view.getUint32(bytes.length - 4, true)).toBe(bytes.length)
      blocks.push({
        type: view.getUint32(0, true),
        body: new DataView(bytes.buffer, bytes.byteOffset + 8, bytes.length - 12),
      })
    },
  })
  const packets = () => blocks.filter(({ type }) => type === 6).map(({ body }) => packetOf(body))
  return { blocks, pcap, packets }
}

function packetOf(body: DataView) {
  const length = body.getUint32(12, true)
  const data = new Uint8Array(body.buffer, body.byteOffset + 20, length)
  return {
    channel: body.getUint32(0, true),
    date: (body.getUint32(4, true) * 2 ** 32 + body.getUint32(8, true)) / 1000,
    data,
    options: options(body, 20 + ((length + 3) & ~3)),
  }
}

function options(body: DataView, from: number): Record<number, string> {
  const found: Record<number, string> = {}
  for (let at = from; body.getUint16(at, true) !== 0; ) {
    const length = body.getUint16(at + 2, true)
    const value = new Uint8Array(body.buffer, body.byteOffset + at + 4, length)
    found[body.getUint16(at, true)] = String.fromCharCode(...value)
    at += 4 + ((length + 3) & ~3)
  }
  return found
}

describe('PcapWriter', () => {
  it('begins with a section, then an interface for each endpoint', () => {
    const { blocks, pcap } = setUp()
    pcap.watch(new TraceStage(), { name: 'proxy' }).watch(new TraceStage())
    expect(blocks.map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 1])
    expect(blocks.slice(1).map(({ body }) => options(body, 8)[2])).toEqual(['proxy', 'sip1'])
    expect(blocks.slice(1).map(({ body }) => body.getUint16(0, true))).toEqual([101, 101])
  })

  it('writes each message with its time, way and interface', () => {
    const { pcap, packets } = setUp()
    const [alice, bob] = [new TraceStage(), new TraceStage()]
    pcap.watch(alice).watch(bob)
    alice.time.advance(1.5)
    alice.show()
    bob.show({ direction: 'in' })
    const [out, into] = packets()
    expect(out).toMatchObject({ channel: 0, options: { 2: '\x02\0\0\0' } })
    expect(out?.date).toBeCloseTo(new TraceStage().clock.date() + 1.5, 3)
    expect(into).toMatchObject({ channel: 1, options: { 2: '\x01\0\0\0' } })
    expect(String.fromCharCode(...(out?.data.subarray(28) ?? []))).toBe('message')
  })

  it('carries what went over a connection as TCP, in order, and says over which transport', () => {
    const { pcap, packets } = setUp()
    const stage = new TraceStage()
    pcap.watch(stage)
    stage.show({ protocol: 'TCP' })
    stage.show({ protocol: 'TCP' })
    stage.show({ protocol: 'TLS', remote: { host: '192.0.2.3', port: 5061 } })
    const [first, second, secret] = packets()
    const sequence = (data: Uint8Array | undefined) =>
      new DataView((data ?? new Uint8Array()).slice().buffer).getUint32(24)
    expect([first, second, secret].map((packet) => packet?.data[9])).toEqual([6, 6, 6])
    expect(sequence(second?.data)).toBe(sequence(first?.data) + 7)
    expect(first?.options[1]).toBeUndefined()
    expect(secret?.options[1]).toBe('over TLS')
  })

  it('cuts a message that fits no packet into several, and loses none of it', () => {
    const { pcap, packets } = setUp()
    const stage = new TraceStage()
    pcap.watch(stage)
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251)
    stage.show({ protocol: 'TCP', bytes })
    const pieces = packets().map(({ data }) => data.subarray(40))
    expect(pieces).toHaveLength(4)
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
  })

  it('writes nothing more once its signal aborts', () => {
    const { pcap, packets } = setUp()
    const stage = new TraceStage()
    const watching = new AbortController()
    pcap.watch(stage, watching)
    watching.abort()
    stage.show()
    expect(packets()).toEqual([])
  })
})
