import { ArgumentError } from '../base/errors.ts'
import { type Random, randomToken } from '../base/random.ts'
import {
  bytesToWire,
  ContentDisposition,
  ContentId,
  ContentType,
  Headers,
  MediaType,
  textToBytes,
  wireToBytes,
} from '../message/index.ts'
import { type Body, type ExtraHeaders, writeExtraHeaders } from './body.ts'

/** One part of a multipart body. A whole multipart body can be one. */
export interface PartInit extends Body {
  /** Content-ID without `<` and `>`; what `cid:` URIs point to. */
  readonly id?: string | undefined
  /** Content-Disposition, e.g. `render;handling=optional`. */
  readonly disposition?: string | undefined
  /** Other headers of the part. */
  readonly headers?: ExtraHeaders | undefined
}

/** How a multipart body is made. */
export interface MultipartInit {
  /** Draws the boundary: the endpoint's will do. */
  readonly random: Random
  /** `multipart/mixed` by default; `multipart/alternative`, or `multipart/related` with its parameters. */
  readonly type?: string | undefined
}

/** A body of several parts, as it goes into a message. */
export interface MultipartBody extends Body {
  readonly content: Uint8Array
}

const BOUNDARIES = 16

/**
 * A multipart body (RFC 2046 §5.1, RFC 5621). The boundary is drawn, and is in none of the parts.
 *
 * ```ts
 * multipartBody([{ type: 'application/sdp', content: sdp }, { type: 'text/plain', content: 'hi' }], { random })
 * ```
 *
 * @throws ArgumentError when there is no part, the type is no multipart, or a header cannot be written
 */
export function multipartBody(
  parts: readonly PartInit[],
  { random, type = 'multipart/mixed' }: MultipartInit,
): MultipartBody {
  const media = MediaType.parse(type)
  if (media.type.toLowerCase() !== 'multipart') throw new ArgumentError(`${type} is no type of a multipart`)
  if (parts.length === 0) throw new ArgumentError('A multipart body needs a part')
  const pieces = parts.map((part) => [bytesOfHead(part), bytesOf(part.content)] as const)
  const boundary = absentFrom(pieces.flat(), random)
  const content = joined([
    ...pieces.flatMap(([head, bytes], i) => [
      textToBytes(`${i === 0 ? '' : '\r\n'}--${boundary}\r\n`),
      head,
      bytes,
    ]),
    textToBytes(`\r\n--${boundary}--\r\n`),
  ])
  const { type: main, subtype } = media
  const params = media.params.with('boundary', boundary)
  return { type: new MediaType({ type: main, subtype, params }).toString(), content }
}

function bytesOfHead({ type, id, disposition, headers }: PartInit): Uint8Array {
  const lines = new Headers().set(ContentType, type)
  if (id !== undefined) lines.set(ContentId, `<${id}>`)
  if (disposition !== undefined) lines.set(ContentDisposition, disposition)
  writeExtraHeaders(lines, headers)
  return wireToBytes(`${lines.toWire()}\r\n`)
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? textToBytes(content) : content
}

// Two boundaries in a row would have to be in the parts by chance: a randomness that gives them is broken.
function absentFrom(pieces: readonly Uint8Array[], random: Random): string {
  const wires = pieces.map((bytes) => bytesToWire(bytes))
  for (let i = 0; i < BOUNDARIES; i++) {
    const boundary = randomToken(random, 24)
    if (!wires.some((wire) => wire.includes(boundary))) return boundary
  }
  throw new ArgumentError('No boundary was found that the parts do not hold')
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
