import {
  ArgumentError,
  defineHeader,
  type HeaderCodec,
  isToken,
  Params,
  type ParamsInit,
  parseParams,
  wireToText,
} from 'sip-core'

/** Which event a subscription is about. Immutable. */
export class EventValue {
  /** The package with its templates, as written: `refer`, `presence`, `presence.winfo`. Case counts. */
  readonly package: string
  /** `id` and what the package adds. */
  readonly params: Params

  /** @throws ArgumentError when the package is no token */
  constructor(init: { readonly package: string; readonly params?: ParamsInit | undefined }) {
    if (!isToken(init.package)) throw new ArgumentError(`${JSON.stringify(init.package)} is no event package`)
    this.package = init.package
    this.params = init.params === undefined ? Params.empty : Params.of(init.params)
  }

  /** Tells subscriptions of one package in one dialog apart; `undefined` if absent. */
  get id(): string | undefined {
    return this.params.get('id') ?? undefined
  }

  /** Whether both name the same subscription: package and id are the same, other parameters do not count. */
  matches(other: EventValue): boolean {
    return this.package === other.package && this.id === other.id
  }

  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    return this.package + this.params.toWire()
  }
}

/**
 * Event (RFC 6665 §8.2.1).
 *
 * @see pjsip_event_hdr
 */
export const Event: HeaderCodec<EventValue> = defineHeader<EventValue>({
  name: 'Event',
  kind: 'single',
  parse: (cursor) =>
    new EventValue({ package: cursor.token('an event package'), params: parseParams(cursor) }),
  print: (value) => value.toWire(),
})
