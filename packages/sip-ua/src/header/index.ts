export { MinSE, type MinSEValue } from './min-se.ts'
export { RAck, type RAckValue } from './rack.ts'
export { Replaces, type ReplacesInit, ReplacesValue } from './replaces.ts'
export { RSeq } from './rseq.ts'
export {
  type Refresher,
  SessionExpires,
  type SessionExpiresInit,
  SessionExpiresValue,
} from './session-expires.ts'
