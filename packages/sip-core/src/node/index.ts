export { nodePlatform } from './platform.ts'
export { systemClock } from './system-clock.ts'
export { systemRandom } from './system-random.ts'
export { type UdpOptions, udp } from './udp.ts'
