/** A timer that was set and may be called off. */
export interface Timer {
  /** Calls the timer off. Does nothing when it has fired or was cancelled before. */
  cancel(): void
}

/**
 * Where time comes from. Nothing in the stack reads a clock of its own, so that a whole call flow runs in
 * virtual time in a test and in real time in production, by the same code.
 *
 * @see pj_timer_heap_schedule (PJLIB)
 */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number
  /** Milliseconds since 1970-01-01T00:00:00Z, for what is shown to people or written on the wire. */
  date(): number
  /**
   * Runs `task` once, `delay` milliseconds from now (0: as soon as the current step is over, never before
   * this call returns). A task that throws must not keep others from running.
   */
  setTimer(delay: number, task: () => void): Timer
}
