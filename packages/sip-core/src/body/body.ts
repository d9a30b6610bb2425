import { ContentType, type Headers } from '../message/index.ts'

/** A message body with its type. */
export interface Body {
  /** The Content-Type, e.g. `application/sdp`. */
  readonly type: string
  /** Text goes out as UTF-8; bytes go out as they are. */
  readonly content: string | Uint8Array
}

const encoder = new TextEncoder()
const EMPTY = new Uint8Array(0)

/** Writes the body's Content-Type and gives its bytes; no body is no bytes and no header. */
export function writeBody(headers: Headers, body: Body | undefined): Uint8Array {
  if (body === undefined) return EMPTY
  headers.set(ContentType.name, body.type)
  return typeof body.content === 'string' ? encoder.encode(body.content) : body.content
}

/** An SDP body (RFC 8866). */
export function sdpBody(sdp: string): Body {
  return { type: 'application/sdp', content: sdp }
}

/** Header fields that an application adds: names with one text or several. */
export type ExtraHeaders = Readonly<Record<string, string | readonly string[]>>

/** Adds what the application brought; what stands there already is replaced. */
export function writeExtraHeaders(headers: Headers, extra: ExtraHeaders | undefined): void {
  for (const [name, texts] of Object.entries(extra ?? {})) {
    headers.delete(name)
    for (const text of typeof texts === 'string' ? [texts] : texts) headers.add(name, text)
  }
}
