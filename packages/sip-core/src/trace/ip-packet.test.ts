import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IpPath } from './ip-address.ts'
import { LARGEST_DATAGRAM, LARGEST_SEGMENT, tcpPacket, udpPacket } from './ip-packet.ts'

const path4: IpPath = {
  version: 4,
  source: new Uint8Array([192, 0, 2, 1]),
  sourcePort: 5060,
  destination: new Uint8Array([192, 0, 2, 2]),
  destinationPort: 40_000,
}

// Another way to the same sum: byte by byte, folded at each step. A packet is right if it comes to 0xffff.
function sum(...pieces: readonly (readonly number[])[]): number {
  let total = 0
  for (const piece of pieces)
    piece.forEach((byte, i) => {
      total += i % 2 === 0 ? byte * 256 : byte
      if (total > 0xffff) total -= 0xffff
    })
  return total
}

const paths = fc.constantFrom<4 | 6>(4, 6).chain((version) => {
  const address = fc.uint8Array({ minLength: version === 4 ? 4 : 16, maxLength: version === 4 ? 4 : 16 })
  const port = fc.nat(0xffff)
  return fc.record({
    version: fc.constant(version),
    source: address,
    sourcePort: port,
    destination: address,
    destinationPort: port,
  })
})

function content(path: IpPath, packet: Uint8Array, protocol: number): readonly number[] {
  const inside = [...packet.subarray(path.version === 4 ? 20 : 40)]
  const pseudo = [...path.source, ...path.destination, 0, protocol, inside.length >> 8, inside.length & 0xff]
  expect(sum(pseudo, inside)).toBe(0xffff)
  return inside
}

describe('udpPacket', () => {
  it('adds up, whatever it carries', () => {
    fc.assert(
      fc.property(paths, fc.uint8Array({ maxLength: 2000 }), (path, payload) => {
        const packet = udpPacket(path, payload)
        if (path.version === 4) expect(sum([...packet.subarray(0, 20)])).toBe(0xffff)
        const datagram = content(path, packet, 17)
        expect(datagram.slice(4, 6)).toEqual([datagram.length >> 8, datagram.length & 0xff])
        // 0 would mean that there is none.
        expect(datagram.slice(6, 8)).not.toEqual([0, 0])
        expect(datagram.slice(8)).toEqual([...payload])
      }),
    )
  })

  it('takes the largest datagram', () => {
    const packet = udpPacket(path4, new Uint8Array(LARGEST_DATAGRAM).fill(0xff))
    expect(packet).toHaveLength(65_535)
    content(path4, packet, 17)
  })
})

describe('tcpPacket', () => {
  it('adds up, and stands where it was put', () => {
    const position = fc.nat(0xffff_ffff)
    fc.assert(
      fc.property(paths, position, position, fc.uint8Array(), (path, sequence, acknowledged, payload) => {
        const packet = tcpPacket(path, { sequence, acknowledged }, payload)
        const segment = content(path, packet, 6)
        const view = new DataView(new Uint8Array(segment).buffer)
        expect([view.getUint32(4), view.getUint32(8)]).toEqual([sequence, acknowledged])
        expect(segment.slice((segment[12] ?? 0) >> 2)).toEqual([...payload])
      }),
    )
  })

  it('takes the largest segment', () => {
    const packet = tcpPacket(path4, { sequence: 0, acknowledged: 0 }, new Uint8Array(LARGEST_SEGMENT))
    expect(packet).toHaveLength(65_535)
  })
})
