import { channel } from 'node:diagnostics_channel'
import type { Diagnostics } from '../transport/index.ts'

/** Which channels, and for how long. */
export interface DiagnosticsChannelOptions {
  /** What the channels' names begin with; default `sip`. To tell several endpoints of a process apart. */
  readonly prefix?: string
  /** Ends it when it aborts. */
  readonly signal?: AbortSignal
}

/**
 * Publishes what an endpoint shows on channels of `node:diagnostics_channel`, one for each kind of record:
 * `sip:message`, `sip:transaction`, `sip:dialog` and so on. Records are made only for channels with subscribers.
 *
 * ```ts
 * publishToChannels(endpoint.diagnostics)
 * subscribe('sip:dropped', (dropped) => console.warn(dropped))
 * ```
 */
export function publishToChannels(diagnostics: Diagnostics, options: DiagnosticsChannelOptions = {}): void {
  const { prefix = 'sip', ...piped } = options
  diagnostics.pipe(
    {
      wants: (name) => channel(`${prefix}:${name}`).hasSubscribers,
      take: (name, record) => channel(`${prefix}:${name}`).publish(record),
    },
    piped,
  )
}
