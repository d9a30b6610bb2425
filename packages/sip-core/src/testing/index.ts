export { formatBytes, formatTrace } from './format-trace.ts'
export { Ladder, type LadderOptions, type SvgOptions } from './ladder.ts'
export {
  type Fate,
  type Faults,
  LoopNetwork,
  type LoopNetworkEvents,
  type LoopNetworkOptions,
  type Packet,
} from './loop-network.ts'
export { type ScriptedInit, ScriptedPeer } from './scripted-peer.ts'
export { SeededRandom } from './seeded-random.ts'
export { TableDns, type Zone } from './table-dns.ts'
export { VirtualClock } from './virtual-clock.ts'
