import { bytesToText } from '../message/index.ts'
import { formatAddress, type MessageTrace } from '../transport/index.ts'
import { printable } from './ladder-printable.ts'

const CR = 13
const LF = 10
const TAB = 9

/**
 * A whole message as text under a line that says when it went where, for `--trace` options and logs. Bytes that
 * are neither printable nor UTF-8 are written as escapes, so that nothing a peer sends commands the terminal.
 *
 * ```text
 * --- 0.012 s  UDP  192.0.2.1:5060 -> 192.0.2.2:5060  out  412 bytes
 * INVITE sip:bob@192.0.2.2 SIP/2.0
 * ...
 * ```
 *
 * @param options.since the clock's time that counts as 0, in milliseconds; default 0
 */
export function formatTrace(trace: MessageTrace, options: { readonly since?: number } = {}): string {
  const { direction, protocol, local, remote, bytes, at } = trace
  const [from, to] = direction === 'out' ? [local, remote] : [remote, local]
  const seconds = ((at - (options.since ?? 0)) / 1000).toFixed(3)
  const way = `${formatAddress(from)} -> ${formatAddress(to)}`
  return `--- ${seconds} s  ${protocol}  ${way}  ${direction}  ${bytes.length} bytes\n${formatBytes(bytes)}`
}

/** Bytes as text in lines. A CRLF is a line's end; a CR or LF alone shows as an escape, for it is a fault. */
export function formatBytes(bytes: Uint8Array): string {
  let text = ''
  let at = 0
  let plain = 0
  const flush = (until: number) => {
    text += formatUtf8(bytes.subarray(plain, until))
  }
  for (; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte !== CR && byte !== LF && byte !== TAB) continue
    flush(at)
    if (byte === TAB) text += '\t'
    else if (byte === CR && bytes[at + 1] === LF) text += '\n'
    else text += byte === CR ? '\\r' : '\\n\n'
    if (byte === CR && bytes[at + 1] === LF) at++
    plain = at + 1
  }
  flush(bytes.length)
  return text
}

// Text between line ends. Decoding replaces what is not UTF-8 by U+FFFD, which a sender may also have written: then
// the bytes are looked at one character at a time.
function formatUtf8(bytes: Uint8Array): string {
  const text = bytesToText(bytes)
  if (!text.includes('\ufffd')) return printable(text)
  let shown = ''
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
    const character = bytesToText(bytes.subarray(at, at + length))
    // A sequence that does not decode to one character of its own is shown by its first byte, and read on behind it.
    const whole = [...character].length === 1 && (character !== '\ufffd' || isReplacement(bytes, at))
    shown += whole ? printable(character) : `\\x${lead.toString(16).padStart(2, '0')}`
    at += whole ? length : 1
  }
  return shown
}

function isReplacement(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd
}
