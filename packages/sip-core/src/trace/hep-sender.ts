import { ArgumentError } from '../base/index.ts'
import { textToWire, wireToBytes } from '../message/index.ts'
import type { MessageTrace } from '../transport/index.ts'
import { ipPath } from './ip-address.ts'
import { type TraceSource, watchMessages } from './wall-clock.ts'

/** Who sends to a collector, and how. */
export interface HepSenderOptions {
  /** Hands one packet to the collector; it is its own to keep. `udpSender` of `sip-core/node` has such a method. */
  send(packet: Uint8Array): void
  /** Who captures, a number of 32 bits that the collector knows; default 2001. */
  readonly agentId?: number
  /** The same as a name, for people; default none. */
  readonly agentName?: string
  /** The key that the collector asks for (`authenticate key`); it goes in clear. Default none. */
  readonly key?: string
  /** Bytes of the largest packet; of a message that does not fit the end is left out. Default 65507, what UDP takes. */
  readonly largest?: number
}

// HEPv3's chunks of the generic vendor, and what stands in them (HEP protocol, Table 1).
const CHUNK = {
  family: 1,
  protocol: 2,
  source4: 3,
  destination4: 4,
  source6: 5,
  destination6: 6,
  sourcePort: 7,
  destinationPort: 8,
  seconds: 9,
  microseconds: 10,
  content: 11,
  agentId: 12,
  key: 14,
  payload: 15,
  agentName: 19,
} as const
const SIP = 1
const FAMILY = { 4: 2, 6: 10 } as const
const PROTOCOL = { UDP: 17, TCP: 6 } as const

/**
 * Sends messages to a collector of Homer's kind, encapsulated by HEPv3 (also called EEP). What came over TLS or a
 * WebSocket is told as TCP, in clear.
 *
 * ```ts
 * const collector = await udpSender({ host: 'homer.example.com', port: 9060 })
 * new HepSender({ send: (packet) => collector.send(packet), agentId: 2001 }).watch(endpoint)
 * ```
 *
 * The packets hold what the messages hold: credentials, and the numbers of those who call.
 */
export class HepSender {
  readonly #send: (packet: Uint8Array) => void
  readonly #largest: number
  // The same in each packet.
  readonly #agent: readonly Chunk[]

  /** @throws ArgumentError when an option is out of range */
  constructor({ send, agentId = 2001, agentName, key, largest = 65_507 }: HepSenderOptions) {
    if (!Number.isInteger(agentId) || agentId < 0 || agentId > 0xffff_ffff)
      throw new ArgumentError(`agentId must be a number of 32 bits, not ${agentId}`)
    if (!(largest >= 512 && largest <= 65_535))
      throw new ArgumentError(`largest must be 512 to 65535 bytes, not ${largest}`)
    this.#send = (packet) => send(packet)
    this.#largest = Math.floor(largest)
    this.#agent = [
      [CHUNK.agentId, uint32(agentId)],
      ...(agentName === undefined ? [] : [[CHUNK.agentName, label('agentName', agentName)] as const]),
      ...(key === undefined ? [] : [[CHUNK.key, label('key', key)] as const]),
    ]
  }

  /** Sends what `source` sends and receives, from now until `signal` aborts. */
  watch(source: TraceSource, options: { signal?: AbortSignal } = {}): this {
    watchMessages(source, (trace, date) => this.#message(trace, date), options)
    return this
  }

  #message(trace: MessageTrace, date: number): void {
    const path = ipPath(trace)
    const microseconds = Math.round(date * 1000)
    const four = path.version === 4
    const chunks: readonly Chunk[] = [
      [CHUNK.family, new Uint8Array([FAMILY[path.version]])],
      [CHUNK.protocol, new Uint8Array([trace.protocol === 'UDP' ? PROTOCOL.UDP : PROTOCOL.TCP])],
      [four ? CHUNK.source4 : CHUNK.source6, path.source],
      [four ? CHUNK.destination4 : CHUNK.destination6, path.destination],
      [CHUNK.sourcePort, uint16(path.sourcePort)],
      [CHUNK.destinationPort, uint16(path.destinationPort)],
      [CHUNK.seconds, uint32(Math.floor(microseconds / 1e6))],
      [CHUNK.microseconds, uint32(microseconds % 1e6)],
      [CHUNK.content, new Uint8Array([SIP])],
      ...this.#agent,
    ]
    const room = this.#largest - sizeOf(chunks) - 6
    this.#send(encode([...chunks, [CHUNK.payload, trace.bytes.subarray(0, room)]]))
  }
}

type Chunk = readonly [type: number, value: Uint8Array]

const HEP3 = [0x48, 0x45, 0x50, 0x33]

function sizeOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, [, value]) => sum + 6 + value.length, 6)
}

function encode(chunks: readonly Chunk[]): Uint8Array {
  const packet = new Uint8Array(sizeOf(chunks))
  const view = new DataView(packet.buffer)
  packet.set(HEP3)
  view.setUint16(4, packet.length)
  let at = 6
  for (const [type, value] of chunks) {
    view.setUint16(at + 2, type)
    view.setUint16(at + 4, 6 + value.length)
    packet.set(value, at + 6)
    at += 6 + value.length
  }
  return packet
}

function uint16(value: number): Uint8Array {
  return new Uint8Array([value >> 8, value & 0xff])
}

function uint32(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff])
}

function label(option: string, value: string): Uint8Array {
  const bytes = wireToBytes(textToWire(value))
  if (bytes.length > 128)
    throw new ArgumentError(`${option} must have 128 bytes at most, not ${bytes.length}`)
  return bytes
}
