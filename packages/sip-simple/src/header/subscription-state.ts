import {
  ArgumentError,
  defineHeader,
  type HeaderCodec,
  isToken,
  Params,
  type ParamsInit,
  parseParams,
  uintOf,
  wireToText,
} from 'sip-core'

/** What a subscription-state is made of. */
export interface SubscriptionStateInit {
  readonly state: 'active' | 'pending' | 'terminated' | (string & {})
  /** Why it is terminated, e.g. `'noresource'`, `'timeout'`. */
  readonly reason?: string | undefined
  /** Seconds that the subscription has left. */
  readonly expires?: number | undefined
  /** Seconds after which a terminated subscription may be tried again. */
  readonly retryAfter?: number | undefined
  /** Other parameters. */
  readonly params?: ParamsInit | undefined
}

const SECONDS_MAX = 0xffffffff

/** How a subscription stands. Immutable. */
export class SubscriptionStateValue {
  /** In lower case, as the RFC writes them. Others than the three known ones are to be taken as `active`. */
  readonly state: 'active' | 'pending' | 'terminated' | (string & {})
  /** All parameters, those below included. */
  readonly params: Params

  /** @throws ArgumentError when a piece cannot be written */
  constructor({ state, reason, expires, retryAfter, params }: SubscriptionStateInit) {
    if (!isToken(state)) throw new ArgumentError(`${JSON.stringify(state)} is no state of a subscription`)
    this.state = state.toLowerCase()
    let all = params === undefined ? Params.empty : Params.of(params)
    if (reason !== undefined) all = all.with('reason', reason)
    if (expires !== undefined) all = all.with('expires', seconds('expires', expires))
    if (retryAfter !== undefined) all = all.with('retry-after', seconds('retry-after', retryAfter))
    this.params = all
  }

  get reason(): string | undefined {
    return this.params.get('reason')?.toLowerCase()
  }

  /** Seconds left; `undefined` if absent or no number. */
  get expires(): number | undefined {
    return uintOf(this.params.get('expires'), SECONDS_MAX)
  }

  /** Seconds; `undefined` if absent or no number. */
  get retryAfter(): number | undefined {
    return uintOf(this.params.get('retry-after'), SECONDS_MAX)
  }

  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    return this.state + this.params.toWire()
  }
}

/**
 * Subscription-State (RFC 6665 §8.2.3).
 *
 * @see pjsip_sub_state_hdr
 */
export const SubscriptionState: HeaderCodec<SubscriptionStateValue> = defineHeader<SubscriptionStateValue>({
  name: 'Subscription-State',
  kind: 'single',
  parse: (cursor) =>
    new SubscriptionStateValue({ state: cursor.token('a subscription state'), params: parseParams(cursor) }),
  print: (value) => value.toWire(),
})

function seconds(name: string, value: number): string {
  if (Number.isInteger(value) && value >= 0 && value <= SECONDS_MAX) return String(value)
  throw new ArgumentError(`${name} cannot be ${value}: it takes whole seconds`)
}
