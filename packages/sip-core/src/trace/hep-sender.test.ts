import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../base/index.ts'
import { HepSender, type HepSenderOptions } from './hep-sender.ts'
import { TraceStage } from './trace.fixture.ts'

// A reader of its own: what a collector makes of a packet.
function decode(packet: Uint8Array): Map<number, Uint8Array> {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  expect(String.fromCharCode(...packet.subarray(0, 4))).toBe('HEP3')
  expect(view.getUint16(4)).toBe(packet.length)
  const chunks = new Map<number, Uint8Array>()
  for (let at = 6; at < packet.length; at += view.getUint16(at + 4)) {
    expect(view.getUint16(at)).toBe(0)
    chunks.set(view.getUint16(at + 2), packet.subarray(at + 6, at + view.getUint16(at + 4)))
  }
  return chunks
}

function setUp(options: Partial<HepSenderOptions> = {}) {
  const packets: Uint8Array[] = []
  const stage = new TraceStage()
  const hep = new HepSender({ send: (packet) => packets.push(packet), ...options }).watch(stage)
  const last = () => decode(packets.at(-1) ?? new Uint8Array())
  const number = (type: number) =>
    [...(last().get(type) ?? [])].reduce((value, byte) => value * 256 + byte, 0)
  const text = (type: number) => String.fromCharCode(...(last().get(type) ?? []))
  return { stage, packets, last, number, text, hep }
}

describe('HepSender', () => {
  it('tells family, protocol, addresses and ports', () => {
    const { stage, last, number } = setUp()
    stage.show()
    expect([1, 2, 7, 8, 11].map(number)).toEqual([2, 17, 5060, 5070, 1])
    expect(last().get(3)).toEqual(new Uint8Array([192, 0, 2, 1]))
    expect(last().get(4)).toEqual(new Uint8Array([192, 0, 2, 2]))
    stage.show({ direction: 'in', protocol: 'WSS' })
    expect([1, 2, 7, 8].map(number)).toEqual([2, 6, 5070, 5060])
    expect(last().get(3)).toEqual(new Uint8Array([192, 0, 2, 2]))
  })

  it('tells IPv6 in chunks of its own', () => {
    const { stage, last, number } = setUp()
    stage.show({ local: { host: '::1', port: 1 }, remote: { host: '2001:db8::2', port: 2 } })
    expect(number(1)).toBe(10)
    expect([3, 4, 5, 6].map((type) => last().get(type)?.length)).toEqual([undefined, undefined, 16, 16])
  })

  it('tells the moment in seconds and microseconds', () => {
    const { stage, number } = setUp()
    const began = stage.clock.date()
    stage.time.advance(1234.567)
    stage.show()
    expect(number(9) * 1e6 + number(10)).toBe(Math.round((began + 1234.567) * 1000))
    expect(number(10)).toBeLessThan(1e6)
  })

  it('tells who captures, and the key', () => {
    const { stage, number, text } = setUp({ agentId: 0xfffffffe, agentName: 'edge-ü', key: 'secret' })
    stage.show()
    expect(number(12)).toBe(0xfffffffe)
    expect(new TextDecoder().decode(Uint8Array.from(text(19), (c) => c.charCodeAt(0)))).toBe('edge-ü')
    expect(text(14)).toBe('secret')
    expect(text(15)).toBe('message')
  })

  it('leaves out the end of what does not fit', () => {
    const { stage, packets, text } = setUp({ largest: 1000 })
    stage.show({ bytes: new TextEncoder().encode('ab'.repeat(5000)) })
    expect(packets[0]).toHaveLength(1000)
    expect(text(15)).toMatch(/^(ab)+a?$/)
  })

  it.each<Partial<HepSenderOptions>>([
    { agentId: -1 },
    { agentId: 2 ** 32 },
    { agentId: 1.5 },
    { largest: 100 },
    { largest: 65_536 },
    { largest: Number.NaN },
    { agentName: 'x'.repeat(129) },
    { key: 'x'.repeat(129) },
  ])('refuses %o', (options) => {
    expect(() => setUp(options)).toThrow(ArgumentError)
  })
})
