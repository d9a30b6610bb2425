import {
  bytesToText,
  ContentDisposition,
  ContentEncoding,
  ContentId,
  ContentTransferEncoding,
  ContentType,
  type Disposition,
  type HeaderReader,
  MediaType,
} from '../message/index.ts'

/** What stands in a multipart body besides its parts. */
export interface Multipart {
  readonly parts: readonly BodyPart[]
  /** What stands before the first boundary and behind the last one: of no meaning (RFC 2046 §5.1.1). */
  readonly preamble: Uint8Array
  readonly epilogue: Uint8Array
}

const PLAIN_TEXT = new MediaType({ type: 'text', subtype: 'plain' })
const UNENCODED: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])
const NO_PARTS: readonly BodyPart[] = []

/**
 * The body of a message, or one of its parts: bytes, and headers that say what they are (RFC 5621, RFC 2045). Bytes
 * stay as they came; what is encoded for mail (`base64`, `quoted-printable`) is not decoded.
 */
export class BodyPart {
  /** For the whole body those of the message. */
  readonly headers: HeaderReader
  readonly bytes: Uint8Array
  /** What was found in it, if its type is `multipart/...`. */
  readonly multipart: Multipart | undefined

  /** For `readBody`. */
  constructor(headers: HeaderReader, bytes: Uint8Array, multipart: Multipart | undefined) {
    this.headers = headers
    this.bytes = bytes
    this.multipart = multipart
  }

  /** `text/plain` where nothing is said (RFC 2045 §5.2). */
  get type(): MediaType {
    return this.headers.get(ContentType) ?? PLAIN_TEXT
  }

  /** The bytes read as UTF-8. */
  get text(): string {
    return bytesToText(this.bytes)
  }

  /** The parts of a multipart; none if it is none. */
  get parts(): readonly BodyPart[] {
    return this.multipart?.parts ?? NO_PARTS
  }

  /** The name that `cid:` URIs give to it: its Content-ID without `<` and `>`. */
  get contentId(): string | undefined {
    return this.headers.get(ContentId)?.slice(1, -1)
  }

  get disposition(): Disposition | undefined {
    return this.headers.get(ContentDisposition)
  }

  /** Whether a message that has it may be taken only by somebody who understands it; so by default (RFC 5621 §8). */
  get isRequired(): boolean {
    return this.disposition?.params.get('handling')?.toLowerCase() !== 'optional'
  }

  /** In lower case; `undefined` where nothing is said. */
  get transferEncoding(): string | undefined {
    return this.headers.get(ContentTransferEncoding)?.toLowerCase()
  }

  /** Whether the bytes are those of its type: neither compressed nor encoded for mail. */
  get isPlain(): boolean {
    return (
      UNENCODED.has(this.transferEncoding ?? 'binary') &&
      this.headers.getAll(ContentEncoding).every((coding) => coding.toLowerCase() === 'identity')
    )
  }

  /** This part and all those in it, each before its own parts. */
  *all(): Generator<BodyPart, void, undefined> {
    yield this
    for (const part of this.parts) yield* part.all()
  }

  /** The first part, this one included, of a media type given in lower case: `application/sdp`. */
  find(essence: string): BodyPart | undefined {
    for (const part of this.all()) if (part.type.essence === essence) return part
    return undefined
  }

  /** The part, this one included, with that Content-ID, or that a `cid:` URI points to (RFC 2392). */
  byContentId(id: string): BodyPart | undefined {
    const wanted = id.slice(0, 4).toLowerCase() === 'cid:' ? unescaped(id.slice(4)) : id
    for (const part of this.all()) if (part.contentId === wanted) return part
    return undefined
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
