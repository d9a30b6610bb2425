/**
 * Wire strings. The head of a message is handled as a string in which each character (0 to 255) is one byte as
 * on the wire: slicing it copies nothing, and bytes that are not UTF-8 survive. Applications see text: the same
 * bytes read as UTF-8 (RFC 3261 §7). For ASCII, which nearly everything is, the two are the same string.
 */

/** Node's Buffer brings this; it is used where it is there, and never asked for. */
interface Latin1Slicing {
  latin1Slice?(start: number, end: number): string
}

const CHUNK = 4096
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The bytes from `start` to `end` (all by default) as a wire string. */
export function bytesToWire(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const slicing = bytes as Latin1Slicing
  if (slicing.latin1Slice !== undefined) return slicing.latin1Slice(start, end)
  let wire = ''
  for (let at = start; at < end; at += CHUNK) {
    wire += String.fromCharCode.apply(
      null,
      bytes.subarray(at, Math.min(at + CHUNK, end)) as unknown as number[],
    )
  }
  return wire
}

/** The bytes a wire string stands for, with `room` more bytes behind them. */
export function wireToBytes(wire: string, room = 0): Uint8Array {
  const bytes = new Uint8Array(wire.length + room)
  // Of ASCII, and of ASCII only, UTF-8 makes a byte a character.
  const { read, written } = encoder.encodeInto(wire, bytes.subarray(0, wire.length))
  if (read === wire.length && written === wire.length) return bytes
  for (let i = 0; i < wire.length; i++) bytes[i] = wire.charCodeAt(i)
  return bytes
}

/** Text as a wire string, in UTF-8. */
export function textToWire(text: string): string {
  return isAscii(text) ? text : bytesToWire(encoder.encode(text))
}

/** A wire string read as UTF-8; what is not UTF-8 becomes U+FFFD. */
export function wireToText(wire: string): string {
  return isAscii(wire) ? wire : decoder.decode(wireToBytes(wire))
}

/** Bytes read as UTF-8; what is not UTF-8 becomes U+FFFD. */
export function bytesToText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Text as bytes, in UTF-8. */
export function textToBytes(text: string): Uint8Array {
  return encoder.encode(text)
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}
