export type { Clock, Timer } from './clock.ts'
export { Emitter, type EventMap, surface } from './emitter.ts'
export {
  ArgumentError,
  ParseError,
  type ParseErrorPlace,
  SipError,
  type SipErrorCode,
  StateError,
  TimeoutError,
  TransportError,
} from './errors.ts'
export { type Random, randomBetween, randomToken } from './random.ts'
export { type Doings, type StateTable, type TableCell, TableMachine } from './table-machine.ts'
