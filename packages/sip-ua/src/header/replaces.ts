import {
  ArgumentError,
  CallId,
  type Cursor,
  defineHeader,
  type HeaderCodec,
  isToken,
  Params,
  type ParamsInit,
  parseParams,
  parseWhole,
  textToWire,
  wireToText,
} from 'sip-core'

/** What a Replaces is made of. */
export interface ReplacesInit {
  readonly callId: string
  /** The tag of whoever receives the Replaces. */
  readonly toTag: string
  /** The tag of that one's peer. */
  readonly fromTag: string
  /** Whether the call may be replaced only as long as it is not answered. Default: no. */
  readonly earlyOnly?: boolean | undefined
  /** Other parameters. */
  readonly params?: ParamsInit | undefined
}

/** The call that a new one takes the place of, as its receiver knows it (RFC 3891 §3). Immutable. */
export class ReplacesValue {
  readonly callId: string
  /** All parameters, the tags included. */
  readonly params: Params

  /** @throws ArgumentError when a piece cannot be written */
  constructor({ callId, toTag, fromTag, earlyOnly = false, params }: ReplacesInit) {
    this.callId = callId
    CallId.print(callId)
    const tagged = (params === undefined ? Params.empty : Params.of(params))
      .with('to-tag', checkedTag(toTag))
      .with('from-tag', checkedTag(fromTag))
    this.params = earlyOnly ? tagged.with('early-only', null) : tagged
  }

  /**
   * Reads the value as it stands in the headers of a Refer-To's URI: `uri.headers.get('Replaces')`.
   *
   * @throws ParseError when it is none
   */
  static parse(text: string): ReplacesValue {
    return parseWhole(textToWire(text), 'Replaces', readReplaces)
  }

  /** The tag of whoever receives the Replaces. */
  get toTag(): string {
    return this.params.get('to-tag') as string
  }

  /** The tag of that one's peer. */
  get fromTag(): string {
    return this.params.get('from-tag') as string
  }

  /** Whether the call may be replaced only as long as it is not answered. */
  get earlyOnly(): boolean {
    return this.params.has('early-only')
  }

  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    return this.callId + this.params.toWire()
  }
}

/**
 * Replaces (RFC 3891 §6.1).
 *
 * @see pjsip_replaces_hdr
 */
export const Replaces: HeaderCodec<ReplacesValue> = defineHeader<ReplacesValue>({
  name: 'Replaces',
  kind: 'single',
  parse: readReplaces,
  print: (value) => value.toWire(),
})

function readReplaces(cursor: Cursor): ReplacesValue {
  const callId = CallId.parse(cursor)
  const params = parseParams(cursor)
  return new ReplacesValue({
    callId,
    toTag: onlyTag(cursor, params, 'to-tag'),
    fromTag: onlyTag(cursor, params, 'from-tag'),
    params,
  })
}

// Exactly one of each: which of two would count is nothing to guess about.
function onlyTag(cursor: Cursor, params: Params, name: string): string {
  const tags = [...params].filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
  const [tag] = tags
  return tags.length === 1 && tag && isToken(tag) ? tag : cursor.fail(`one ${name}`)
}

function checkedTag(tag: string): string {
  if (isToken(tag)) return tag
  throw new ArgumentError(`${JSON.stringify(tag)} is no tag`)
}
