export {
  type Fate,
  type Faults,
  LoopNetwork,
  type LoopNetworkEvents,
  type LoopNetworkOptions,
  type Packet,
} from './loop-network.ts'
export { SeededRandom } from './seeded-random.ts'
export { VirtualClock } from './virtual-clock.ts'
