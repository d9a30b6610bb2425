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
  wireToText,
} from 'sip-core'

/** What a Target-Dialog is made of. */
export interface TargetDialogInit {
  readonly callId: string
  /** The tag of whoever receives the header. */
  readonly localTag: string
  /** The tag of that one's peer. */
  readonly remoteTag: string
  /** Other parameters. */
  readonly params?: ParamsInit | undefined
}

/** The dialog that the sender of a request knows its receiver from, as the receiver knows it. Immutable. */
export class TargetDialogValue {
  readonly callId: string
  /** All parameters, the tags included. */
  readonly params: Params

  /** @throws ArgumentError when a piece cannot be written */
  constructor({ callId, localTag, remoteTag, params }: TargetDialogInit) {
    this.callId = callId
    CallId.print(callId)
    this.params = (params === undefined ? Params.empty : Params.of(params))
      .with('local-tag', checkedTag(localTag))
      .with('remote-tag', checkedTag(remoteTag))
  }

  /** The tag of whoever receives the header. */
  get localTag(): string {
    return this.params.get('local-tag') as string
  }

  /** The tag of that one's peer. */
  get remoteTag(): string {
    return this.params.get('remote-tag') as string
  }

  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    return this.callId + this.params.toWire()
  }
}

/** Target-Dialog (RFC 4538 §7): why the receiver may trust a request outside of the dialog, a REFER above all. */
export const TargetDialog: HeaderCodec<TargetDialogValue> = defineHeader<TargetDialogValue>({
  name: 'Target-Dialog',
  kind: 'single',
  parse(cursor) {
    const callId = CallId.parse(cursor)
    const params = parseParams(cursor)
    const [localTag, remoteTag] = [tag(cursor, params, 'local-tag'), tag(cursor, params, 'remote-tag')]
    return new TargetDialogValue({ callId, localTag, remoteTag, params })
  },
  print: (value) => value.toWire(),
})

function tag(cursor: Cursor, params: Params, name: string): string {
  const value = params.get(name)
  return value && isToken(value) ? value : cursor.fail(`a ${name}`)
}

function checkedTag(tag: string): string {
  if (isToken(tag)) return tag
  throw new ArgumentError(`${JSON.stringify(tag)} is no tag`)
}
