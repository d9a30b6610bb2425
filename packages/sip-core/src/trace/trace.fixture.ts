import type { Clock } from '../base/index.ts'
import { VirtualClock } from '../testing/index.ts'
import { Diagnostics, type MessageTrace } from '../transport/index.ts'
import type { TraceSource } from './wall-clock.ts'

/** What an endpoint would show, by hand. */
export class TraceStage implements TraceSource {
  readonly time = new VirtualClock()
  readonly diagnostics = new Diagnostics()
  /** Milliseconds by which somebody has set the wall clock. */
  set = 0

  readonly clock: Clock = {
    now: () => this.time.now(),
    date: () => Math.floor(this.time.date()) + this.set,
    setTimer: (delay, task) => this.time.setTimer(delay, task),
  }

  /** Shows a message; by default one of 7 bytes that goes over UDP from 192.0.2.1:5060 to 192.0.2.2:5070. */
  show(trace: Partial<MessageTrace> = {}): void {
    this.diagnostics.publish('message', () => [
      {
        direction: 'out',
        protocol: 'UDP',
        local: { host: '192.0.2.1', port: 5060 },
        remote: { host: '192.0.2.2', port: 5070 },
        bytes: new TextEncoder().encode('message'),
        at: this.clock.now(),
        ...trace,
      },
    ])
  }
}
