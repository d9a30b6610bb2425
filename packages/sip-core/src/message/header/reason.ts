import { ArgumentError } from '../../base/errors.ts'
import { isToken, uintOf } from '../chars.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { Params, type ParamsInit, parseParams } from '../params.ts'

/** What a Reason is made of. */
export interface ReasonInit {
  /** `'SIP'`, `'Q.850'`, ... */
  readonly protocol: string
  /** The protocol's number for it: a SIP status, a Q.850 cause. */
  readonly cause?: number | undefined
  /** For people. */
  readonly text?: string | undefined
  /** Other parameters. */
  readonly params?: ParamsInit | undefined
}

/** Why a request was sent, e.g. a BYE or CANCEL. Immutable. */
export class ReasonValue {
  /** As written: `'SIP'`, `'Q.850'`, ... */
  readonly protocol: string
  /** All parameters, those below included. */
  readonly params: Params

  /** @throws ArgumentError when a piece cannot be written */
  constructor({ protocol, cause, text, params }: ReasonInit) {
    if (!isToken(protocol)) throw new ArgumentError(`${JSON.stringify(protocol)} is no protocol for Reason`)
    if (cause !== undefined && !(Number.isSafeInteger(cause) && cause >= 0))
      throw new ArgumentError(`Reason cannot have the cause ${cause}`)
    this.protocol = protocol
    let all = params === undefined ? Params.empty : Params.of(params)
    if (cause !== undefined) all = all.with('cause', String(cause))
    if (text !== undefined) all = all.withQuoted('text', text)
    this.params = all
  }

  /** The protocol's number for it; `undefined` if absent or no number. */
  get cause(): number | undefined {
    return uintOf(this.params.get('cause'), Number.MAX_SAFE_INTEGER)
  }

  /** For people. */
  get text(): string | undefined {
    return this.params.get('text') ?? undefined
  }
}

/** Reason (RFC 3326): in requests within a dialog and CANCEL, and in responses (RFC 6432). One of each protocol. */
export const Reason: HeaderCodec<ReasonValue> = defineHeader<ReasonValue>({
  name: 'Reason',
  kind: 'list',
  parse: (cursor) => new ReasonValue({ protocol: cursor.token('a protocol'), params: parseParams(cursor) }),
  print: ({ protocol, params }) => protocol + params.toWire(),
})
