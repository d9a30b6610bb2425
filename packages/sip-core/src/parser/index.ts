export { DEFAULT_FRAMER_LIMITS, type Frame, type Framer, type FramerLimits, MessageFramer } from './framer.ts'
export { type ParseOptions, type ParseResult, parseMessage } from './parse-message.ts'
export { printHead, printMessage } from './print-message.ts'
export { StreamFramer } from './stream-framer.ts'
