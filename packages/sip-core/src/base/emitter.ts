/** Event names with the arguments their listeners get, e.g. `{ state: [state: CallState, cause: Cause] }`. */
export type EventMap<E> = { [K in keyof E]: readonly unknown[] }

interface Registration {
  readonly event: PropertyKey
  readonly listener: unknown
  readonly once: boolean
}

/**
 * Typed events. Listeners run in the order in which they were added, while the event happens; one added
 * meanwhile hears the next event, one removed meanwhile hears nothing more.
 *
 * A listener that throws disturbs neither the stack nor the other listeners: its error surfaces as an uncaught
 * exception of the process (or the page) once the current step is over, just as an `async` listener's does.
 * No event name is special: an `'error'` that nobody listens to is nothing.
 */
export class Emitter<E extends EventMap<E>> {
  // Replaced, never changed in place, so that an emit under way walks the list it began with. Undefined until
  // the first listener comes: most transactions and dialogs never have one.
  #registrations: readonly Registration[] | undefined

  /** Calls `listener` at each `event` from now on, until `off`, or until `signal` aborts. */
  on<K extends keyof E>(
    event: K,
    listener: (...args: E[K]) => void,
    options: { signal?: AbortSignal } = {},
  ): this {
    const { signal } = options
    if (signal?.aborted) return this
    const registration = { event, listener, once: false }
    this.#add(registration)
    // This registration only: the same listener may have been added without the signal too.
    signal?.addEventListener('abort', () => this.#remove((r) => r === registration), { once: true })
    return this
  }

  /** Calls `listener` at the next `event` only. */
  once<K extends keyof E>(event: K, listener: (...args: E[K]) => void): this {
    this.#add({ event, listener, once: true })
    return this
  }

  /** Takes back what `on` or `once` added. */
  off<K extends keyof E>(event: K, listener: (...args: E[K]) => void): this {
    this.#remove((r) => r.event === event && r.listener === listener)
    return this
  }

  /** How many listeners wait for `event`. */
  listenerCount(event: keyof E): number {
    return this.#registrations?.filter((r) => r.event === event).length ?? 0
  }

  /** Runs the listeners of `event`; true if there was at least one. */
  protected emit<K extends keyof E>(event: K, ...args: E[K]): boolean {
    let heard = false
    for (const registration of this.#registrations ?? []) {
      if (registration.event !== event || !this.#registrations?.includes(registration)) continue
      if (registration.once) this.#remove((r) => r === registration)
      heard = true
      surface(() => (registration.listener as (...args: E[K]) => void)(...args))
    }
    return heard
  }

  #add(registration: Registration): void {
    this.#registrations = [...(this.#registrations ?? []), registration]
  }

  #remove(which: (registration: Registration) => boolean): void {
    this.#registrations = this.#registrations?.filter((registration) => !which(registration))
  }
}

/** Runs code of the application; what it throws becomes an uncaught exception once the current step is over. */
export function surface(run: () => void): void {
  try {
    run()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
