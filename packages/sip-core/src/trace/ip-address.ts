import { ipv6Groups } from '../message/ipv6.ts'
import type { Address, MessageTrace } from '../transport/index.ts'
import { isNumeric } from '../transport/index.ts'

/** Where a packet comes from and where it goes, both of one family: 4 bytes of IPv4 each, or 16 of IPv6. */
export interface IpPath {
  readonly version: 4 | 6
  readonly source: Uint8Array
  readonly sourcePort: number
  readonly destination: Uint8Array
  readonly destinationPort: number
}

/**
 * The path of a message. An address that is a name, as that of a page behind a WebSocket is, becomes the
 * unspecified one; if the families differ, IPv4 is written as IPv6 writes it (RFC 4291 §2.5.5.2).
 */
export function ipPath({ direction, local, remote }: MessageTrace): IpPath {
  const [from, to] = direction === 'out' ? [local, remote] : [remote, local]
  const [a, b] = [ipBytes(from), ipBytes(to)]
  const version = (a ?? b)?.length === 16 || b?.length === 16 ? 6 : 4
  return {
    version,
    source: widened(a, version),
    sourcePort: from.port,
    destination: widened(b, version),
    destinationPort: to.port,
  }
}

function widened(bytes: Uint8Array | undefined, version: 4 | 6): Uint8Array {
  if (bytes === undefined) return new Uint8Array(version === 6 ? 16 : 4)
  if (version === 4 || bytes.length === 16) return bytes
  const mapped = new Uint8Array(16)
  mapped.set([0xff, 0xff], 10)
  mapped.set(bytes, 12)
  return mapped
}

function ipBytes({ host }: Address): Uint8Array | undefined {
  if (!host.includes(':')) return isNumeric(host) ? Uint8Array.from(host.split('.'), Number) : undefined
  // The zone of a link-local address means something on this machine only.
  const groups = ipv6Groups(host.split('%', 1)[0] ?? '')
  return groups && Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}
