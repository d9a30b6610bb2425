/**
 * The base values from which all transaction timers are derived, in milliseconds (RFC 3261 §17.1.1.1, table 4).
 *
 * @see pjsip_cfg_t.tsx (t1, t2, t4, td)
 */
export interface Timers {
  /** Estimate of the round-trip time; also where resending starts and, 64 times, where it ends. */
  readonly T1: number
  /** The longest interval between two resends of a non-INVITE request or of an INVITE's final response. */
  readonly T2: number
  /** How long a message may linger in the network. */
  readonly T4: number
  /** How long an INVITE client absorbs resent final responses on an unreliable flow; at least 32 s. */
  readonly D: number
}

/** What RFC 3261 recommends: T1 0.5 s, T2 4 s, T4 5 s, D 32 s. */
export const DEFAULT_TIMERS: Timers = { T1: 500, T2: 4000, T4: 5000, D: 32_000 }

/**
 * A transaction timer, by its letter in RFC 3261 and RFC 6026 (L and M). Two have no letter: `trying`, after which
 * an INVITE that nobody answered gets its 100 (200 ms, RFC 3261 §17.2.1), and `late`, after which any other request
 * gets one (RFC 4320 §4.1).
 */
export type TimerName =
  | 'A'
  | 'B'
  | 'D'
  | 'E'
  | 'F'
  | 'G'
  | 'H'
  | 'I'
  | 'J'
  | 'K'
  | 'L'
  | 'M'
  | 'trying'
  | 'late'

/** How a table sets a timer: the timer itself, or timer E with T2 instead of twice the time before. */
export type TimerStart = TimerName | 'E=T2'

/** What a timer's length depends on. */
export interface TimerBasis {
  readonly timers: Timers
  /** Whether the network below resends. */
  readonly reliable: boolean
  /** What the transaction's resend timer (A, E or G) was set to before; 0 when this is the first time. */
  readonly interval: number
}

const TRYING_DELAY = 200

/** The timer that `start` sets. */
export function timerName(start: TimerStart): TimerName {
  return start === 'E=T2' ? 'E' : start
}

/** Milliseconds until a timer that is set now fires; undefined for one that this flow has no use for. */
export function timerDelay(
  start: TimerStart,
  { timers, reliable, interval }: TimerBasis,
): number | undefined {
  const { T1, T2, T4, D } = timers
  switch (start) {
    case 'A':
      return reliable ? undefined : interval * 2 || T1
    case 'E':
    case 'G':
      return reliable ? undefined : Math.min(interval * 2, T2) || T1
    case 'E=T2':
      return reliable ? undefined : T2
    case 'B':
    case 'F':
    case 'H':
    case 'L':
    case 'M':
      return 64 * T1
    case 'D':
      return reliable ? 0 : D
    case 'I':
    case 'K':
      return reliable ? 0 : T4
    case 'J':
      return reliable ? 0 : 64 * T1
    case 'trying':
      return TRYING_DELAY
    case 'late':
      return untilE(T1, T2)
  }
}

// How long a client's timer E takes to reach T2 (RFC 4320 §4.1): 3.5 s with the values of RFC 3261.
function untilE(T1: number, T2: number): number {
  let time = 0
  for (let interval = T1; interval < T2; interval *= 2) time += interval
  return time
}
