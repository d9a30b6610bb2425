import { ArgumentError, defineHeader, type HeaderCodec, Params, type ParamsInit, parseParams } from 'sip-core'

/** Who refreshes a session: the one who sends the request that has the header, or the one who answers it. */
export type Refresher = 'uac' | 'uas'

/** What a Session-Expires is made of. */
export interface SessionExpiresInit {
  /** 0 to 2^32 - 1. */
  readonly seconds: number
  readonly refresher?: Refresher | undefined
  /** Other parameters. */
  readonly params?: ParamsInit | undefined
}

/** How long a session lasts when nobody refreshes it. Immutable. */
export class SessionExpiresValue {
  readonly seconds: number
  /** All parameters, `refresher` included. */
  readonly params: Params

  /** @throws ArgumentError when a piece cannot be written */
  constructor({ seconds, refresher, params }: SessionExpiresInit) {
    this.seconds = checkedSeconds('Session-Expires', seconds)
    const others = params === undefined ? Params.empty : Params.of(params)
    this.params = refresher === undefined ? others : others.with('refresher', refresher)
  }

  /** `undefined` if absent or neither of the two. */
  get refresher(): Refresher | undefined {
    const refresher = this.params.get('refresher')?.toLowerCase()
    return refresher === 'uac' || refresher === 'uas' ? refresher : undefined
  }
}

/**
 * Session-Expires (RFC 4028 §4), `x` for short.
 *
 * @see pjsip_sess_expires_hdr
 */
export const SessionExpires: HeaderCodec<SessionExpiresValue> = defineHeader<SessionExpiresValue>({
  name: 'Session-Expires',
  kind: 'single',
  parse: (cursor) =>
    new SessionExpiresValue({ seconds: cursor.uint('seconds', 0xffffffff), params: parseParams(cursor) }),
  print: ({ seconds, params }) => `${seconds}${params.toWire()}`,
})

/** @throws ArgumentError when it is no number of seconds for that header */
export function checkedSeconds(header: string, seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 0xffffffff) return seconds
  throw new ArgumentError(`${header} cannot be ${seconds}`)
}
