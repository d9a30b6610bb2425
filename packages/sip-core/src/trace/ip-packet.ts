import type { IpPath } from './ip-address.ts'

/** Where a segment stands in the two streams of its connection. */
export interface TcpPosition {
  readonly sequence: number
  readonly acknowledged: number
}

const UDP = 17
const TCP = 6
const PSH_ACK = 0x18

/** Bytes of payload that fit a datagram of either version of IP. */
export const LARGEST_DATAGRAM = 65535 - 20 - 8
/** Bytes of payload that fit a segment of either version of IP. */
export const LARGEST_SEGMENT = 65535 - 20 - 20

/** A UDP datagram (RFC 768) in the IP packet that would carry it. */
export function udpPacket(path: IpPath, payload: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(8 + payload.length)
  const view = new DataView(datagram.buffer)
  view.setUint16(0, path.sourcePort)
  view.setUint16(2, path.destinationPort)
  view.setUint16(4, datagram.length)
  datagram.set(payload, 8)
  // 0 would say that there is no checksum.
  view.setUint16(6, transportChecksum(path, UDP, datagram) || 0xffff)
  return ipPacket(path, UDP, datagram)
}

/** A TCP segment (RFC 9293) in the IP packet that would carry it. */
export function tcpPacket(path: IpPath, position: TcpPosition, payload: Uint8Array): Uint8Array {
  const segment = new Uint8Array(20 + payload.length)
  const view = new DataView(segment.buffer)
  view.setUint16(0, path.sourcePort)
  view.setUint16(2, path.destinationPort)
  view.setUint32(4, position.sequence)
  view.setUint32(8, position.acknowledged)
  view.setUint8(12, (segment.length - payload.length) << 2)
  view.setUint8(13, PSH_ACK)
  view.setUint16(14, 0xffff)
  segment.set(payload, 20)
  view.setUint16(16, transportChecksum(path, TCP, segment))
  return ipPacket(path, TCP, segment)
}

function ipPacket(path: IpPath, protocol: number, content: Uint8Array): Uint8Array {
  return path.version === 4 ? ipv4Packet(path, protocol, content) : ipv6Packet(path, protocol, content)
}

// RFC 791 §3.1; an identification means nothing in a packet that may not be fragmented (RFC 6864 §4).
function ipv4Packet({ source, destination }: IpPath, protocol: number, content: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + content.length)
  const view = new DataView(packet.buffer)
  view.setUint8(0, 0x45)
  view.setUint16(2, packet.length)
  view.setUint16(6, 0x4000)
  view.setUint8(8, 64)
  view.setUint8(9, protocol)
  packet.set(source, 12)
  packet.set(destination, 16)
  view.setUint16(10, checksum(sumOf(packet.subarray(0, 20))))
  packet.set(content, 20)
  return packet
}

// RFC 8200 §3.
function ipv6Packet({ source, destination }: IpPath, protocol: number, content: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40 + content.length)
  const view = new DataView(packet.buffer)
  view.setUint8(0, 0x60)
  view.setUint16(4, content.length)
  view.setUint8(6, protocol)
  view.setUint8(7, 64)
  packet.set(source, 8)
  packet.set(destination, 24)
  packet.set(content, 40)
  return packet
}

// Over the addresses, the protocol and the length too (RFC 9293 §3.1, RFC 8200 §8.1).
function transportChecksum({ source, destination }: IpPath, protocol: number, content: Uint8Array): number {
  return checksum(sumOf(source) + sumOf(destination) + protocol + content.length + sumOf(content))
}

// RFC 1071. A packet is at most 64 KiB: the sum of its words stays far below 2^53, and below 2^31.
function sumOf(bytes: Uint8Array): number {
  let sum = 0
  const even = bytes.length & ~1
  for (let i = 0; i < even; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  return bytes.length === even ? sum : sum + ((bytes[even] ?? 0) << 8)
}

function checksum(sum: number): number {
  const folded = (sum & 0xffff) + (sum >>> 16)
  return ~((folded & 0xffff) + (folded >>> 16)) & 0xffff
}
