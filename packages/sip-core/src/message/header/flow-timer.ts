import type { HeaderCodec } from '../header-codec.ts'
import { numberHeader } from './values.ts'

/** Flow-Timer (RFC 5626 §4.4, §5.4): seconds after which the registrar's edge takes a silent flow for dead. */
export const FlowTimer: HeaderCodec<number> = numberHeader('Flow-Timer', 0xffffffff)
