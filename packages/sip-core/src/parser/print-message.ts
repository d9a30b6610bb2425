import type { SipMessage } from '../message/message.ts'
import { ReceivedHeaders } from '../message/received-headers.ts'
import { textToWire, wireToBytes } from '../message/wire.ts'

/**
 * The bytes of a message. One that came in is printed as it came; one that we built gets its Content-Length
 * here, always, from the body that it has.
 *
 * @see pjsip_msg_print
 */
export function printMessage(message: SipMessage): Uint8Array {
  if (message.source !== undefined) return message.source
  const { body } = message
  const head = printHead(message)
  const bytes = wireToBytes(head, body.length)
  bytes.set(body, head.length)
  return bytes
}

/** Start line, headers and the empty line behind them, as a wire string. */
export function printHead(message: SipMessage): string {
  const { headers, source, body } = message
  if (source !== undefined && headers instanceof ReceivedHeaders) return headers.head
  return `${startLine(message)}\r\n${headers.toWire()}Content-Length: ${body.length}\r\n\r\n`
}

function startLine(message: SipMessage): string {
  if (message.kind === 'request') return `${message.method} ${message.uri} SIP/2.0`
  return `SIP/2.0 ${message.status} ${textToWire(message.reason)}`
}
