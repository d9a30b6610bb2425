import { ArgumentError } from '../../base/errors.ts'
import { isToken } from '../chars.ts'
import { type Cursor, parseWhole } from '../cursor.ts'
import { Params, type ParamsInit, parseParams } from '../params.ts'
import { textToWire, wireToText } from '../wire.ts'

/** What a media type is made of. */
export interface MediaTypeInit {
  readonly type: string
  readonly subtype: string
  readonly params?: ParamsInit | undefined
}

/** A media type or range with its parameters, as in Content-Type and Accept. Immutable. */
export class MediaType {
  /** As written, e.g. `application`. */
  readonly type: string
  /** As written, e.g. `sdp`. */
  readonly subtype: string
  readonly params: Params

  /**
   * @param trusted for the parser: the pieces were read by the grammar, no need to check them
   * @throws ArgumentError when a piece cannot be written
   */
  constructor(init: MediaTypeInit, trusted = false) {
    if (!trusted && !(isToken(init.type) && isToken(init.subtype))) {
      throw new ArgumentError(`${JSON.stringify(`${init.type}/${init.subtype}`)} is no media type`)
    }
    this.type = init.type
    this.subtype = init.subtype
    this.params = init.params === undefined ? Params.empty : Params.of(init.params)
  }

  /**
   * Reads e.g. `application/sdp` or `multipart/mixed;boundary=x`.
   *
   * @throws ParseError when `text` is no media type
   */
  static parse(text: string): MediaType {
    return parseWhole(textToWire(text), 'media type', readMediaType)
  }

  /** `type/subtype` in lower case, to compare with. */
  get essence(): string {
    return `${this.type}/${this.subtype}`.toLowerCase()
  }

  /** Whether this, as a range (`application/*`), holds `other`; parameters do not count. */
  matches(other: MediaType): boolean {
    if (this.type === '*' && this.subtype === '*') return true
    const [type, subtype] = this.essence.split('/')
    return type === other.type.toLowerCase() && (subtype === '*' || subtype === other.subtype.toLowerCase())
  }

  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    return `${this.type}/${this.subtype}${this.params.toWire()}`
  }
}

/** Reads the media type at `cursor`. */
export function readMediaType(cursor: Cursor): MediaType {
  const type = cursor.token('a media type')
  if (!cursor.eatPadded(0x2f)) cursor.fail("'/' of a media type")
  const subtype = cursor.token('a media subtype')
  return new MediaType({ type, subtype, params: parseParams(cursor) }, true)
}
