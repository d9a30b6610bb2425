import { textToWire, wireToBytes } from '../message/index.ts'
import type { MessageTrace } from '../transport/index.ts'
import { type IpPath, ipPath } from './ip-address.ts'
import { LARGEST_DATAGRAM, LARGEST_SEGMENT, tcpPacket, udpPacket } from './ip-packet.ts'
import { TcpStreams } from './tcp-streams.ts'
import { type TraceSource, watchMessages } from './wall-clock.ts'

/** Where a capture goes. */
export interface PcapWriterOptions {
  /** Takes the next bytes of the file; they are its own to keep. */
  write(bytes: Uint8Array): void
}

// The blocks and options of pcapng (draft-ietf-opsawg-pcapng §4).
const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const LINKTYPE_RAW = 101
const OPTION = { comment: 1, interfaceName: 2, packetFlags: 2, userApplication: 4 } as const
const FLAGS: Readonly<Record<MessageTrace['direction'], number>> = { in: 1, out: 2 }

/**
 * Writes messages as a packet capture (pcapng), which Wireshark, tshark, tcpdump and sngrep read. Every message gets
 * the IP and UDP or TCP headers that it may have had, with right checksums. What goes over TLS or a WebSocket stands
 * there in clear, as TCP with a comment that says so; where the reader takes the port for something else, tell it:
 * `tshark -d tcp.port==80,sip`.
 *
 * ```ts
 * const file = createWriteStream('calls.pcapng')
 * new PcapWriter({ write: (bytes) => file.write(bytes) }).watch(endpoint)
 * ```
 *
 * The capture holds what the messages hold: credentials, and the numbers of those who call.
 */
export class PcapWriter {
  readonly #write: (bytes: Uint8Array) => void
  readonly #streams = new TcpStreams()
  #interfaces = 0

  /** Writes the head of the file. */
  constructor({ write }: PcapWriterOptions) {
    this.#write = (bytes) => write(bytes)
    const fixed = new DataView(new ArrayBuffer(16))
    fixed.setUint32(0, BYTE_ORDER_MAGIC, true)
    fixed.setUint16(4, 1, true)
    // How long the section is, is not known yet.
    fixed.setBigInt64(8, -1n, true)
    this.#block(SECTION_HEADER, fixed, [], [[OPTION.userApplication, text('sip-core')]])
  }

  /**
   * Writes what `source` sends and receives, from now until `signal` aborts. Several endpoints may share a file:
   * each is an interface of its own there, and a message between two of them is seen by both.
   *
   * @param options.name the interface's name in the file; default `sip0`, `sip1`, ...
   */
  watch(source: TraceSource, options: { name?: string; signal?: AbortSignal } = {}): this {
    const channel = this.#interfaces++
    const name = options.name ?? `sip${channel}`
    const fixed = new DataView(new ArrayBuffer(8))
    fixed.setUint16(0, LINKTYPE_RAW, true)
    this.#block(INTERFACE_DESCRIPTION, fixed, [], [[OPTION.interfaceName, text(name)]])
    watchMessages(source, (trace, date) => this.#message(channel, trace, date), options)
    return this
  }

  #message(channel: number, trace: MessageTrace, date: number): void {
    const path = ipPath(trace)
    const { protocol, direction, bytes } = trace
    const flags = new Uint8Array([FLAGS[direction], 0, 0, 0])
    const options: Option[] = [[OPTION.packetFlags, flags]]
    if (protocol !== 'UDP' && protocol !== 'TCP') options.push([OPTION.comment, text(`over ${protocol}`)])
    const packets =
      protocol === 'UDP'
        ? [udpPacket(path, bytes.subarray(0, LARGEST_DATAGRAM))]
        : this.#segments(path, bytes)
    for (const packet of packets) this.#packet(channel, date, packet, options)
  }

  #segments(path: IpPath, bytes: Uint8Array): readonly Uint8Array[] {
    const segments: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += LARGEST_SEGMENT) {
      const payload = bytes.subarray(at, at + LARGEST_SEGMENT)
      segments.push(tcpPacket(path, this.#streams.next(path, payload.length), payload))
    }
    return segments
  }

  #packet(channel: number, date: number, packet: Uint8Array, options: readonly Option[]): void {
    const microseconds = Math.round(date * 1000)
    const fixed = new DataView(new ArrayBuffer(20))
    fixed.setUint32(0, channel, true)
    fixed.setUint32(4, Math.floor(microseconds / 2 ** 32), true)
    fixed.setUint32(8, microseconds % 2 ** 32, true)
    fixed.setUint32(12, packet.length, true)
    fixed.setUint32(16, packet.length, true)
    this.#block(ENHANCED_PACKET, fixed, packet, options)
  }

  #block(type: number, fixed: DataView, data: ArrayLike<number>, options: readonly Option[]): void {
    const optionBytes = options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 4)
    const length = 12 + fixed.byteLength + padded(data.length) + optionBytes
    const block = new Uint8Array(length)
    const view = new DataView(block.buffer)
    view.setUint32(0, type, true)
    view.setUint32(4, length, true)
    block.set(new Uint8Array(fixed.buffer), 8)
    block.set(data, 8 + fixed.byteLength)
    let at = 8 + fixed.byteLength + padded(data.length)
    for (const [code, value] of options) {
      view.setUint16(at, code, true)
      view.setUint16(at + 2, value.length, true)
      block.set(value, at + 4)
      at += 4 + padded(value.length)
    }
    // The end of the options is four zeros, which stand there already.
    view.setUint32(length - 4, length, true)
    this.#write(block)
  }
}

type Option = readonly [code: number, value: Uint8Array]

function padded(length: number): number {
  return (length + 3) & ~3
}

function text(value: string): Uint8Array {
  return wireToBytes(textToWire(value)).subarray(0, 255)
}
