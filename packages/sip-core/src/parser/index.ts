export { type ParseOptions, type ParseResult, parseMessage } from './parse-message.ts'
export { printHead, printMessage } from './print-message.ts'
