import type { Clock } from '../base/index.ts'
import type { Diagnostics, MessageTrace } from '../transport/index.ts'

/** What can be recorded: an `Endpoint`, or anything that shows its messages as one does. */
export interface TraceSource {
  readonly diagnostics: Diagnostics
  readonly clock: Clock
}

// Below it the difference of the two clocks is the coarseness of the wall's; above it somebody has set it.
const LEAP = 50

/**
 * Shows each message of `source` with the moment at which it crossed the socket, in milliseconds since
 * 1970-01-01T00:00:00Z. Moments keep the fineness and the order of the endpoint's clock as long as the wall clock
 * is not set.
 */
export function watchMessages(
  { diagnostics, clock }: TraceSource,
  seen: (trace: MessageTrace, date: number) => void,
  options: { signal?: AbortSignal } = {},
): void {
  let offset = clock.date() - clock.now()
  diagnostics.on(
    'message',
    (trace) => {
      const now = clock.date() - clock.now()
      if (Math.abs(now - offset) > LEAP) offset = now
      seen(trace, trace.at + offset)
    },
    options,
  )
}
