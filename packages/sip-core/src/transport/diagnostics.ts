import { Emitter, surface } from '../base/emitter.ts'
import type { ParseError, SipError } from '../base/errors.ts'
import type { SipResponse } from '../message/index.ts'
import type { Address, Flow, Transport, TransportProtocol } from './transport.ts'

/** A message at the moment in which it crosses the socket, whole and as it is on the wire. */
export interface MessageTrace {
  readonly direction: 'in' | 'out'
  readonly protocol: TransportProtocol
  readonly local: Address
  readonly remote: Address
  readonly bytes: Uint8Array
  /** Milliseconds on the endpoint's clock. */
  readonly at: number
}

/** Where a peer has seen this end (RFC 3581): behind a NAT not where this end believes to be. */
export interface ObservedAddress {
  readonly transport: Transport
  /** Where packets of the transport come from, in the eyes of `peer`; on connections with the port to listen on. */
  readonly address: Address
  /** Where they came from before, in the eyes of this peer or another one. */
  readonly previous: Address | undefined
  readonly peer: Address
}

/** Something that came, by `flow`, and was thrown away without an answer. */
export type Dropped = { readonly flow: Flow } & (
  | {
      /** It is no message, or one that can neither be taken nor answered. */
      readonly reason: 'garbage'
      readonly bytes: Uint8Array
      readonly error: ParseError
    }
  | {
      /** A response to nothing that was asked from here (RFC 3261 §18.1.2), or whose transaction has gone. */
      readonly reason: 'stray-response'
      readonly response: SipResponse
    }
  | {
      /** A response in which somebody needed a header that cannot be read, or that found no room. */
      readonly reason: 'unreadable-response'
      readonly response: SipResponse
      readonly error: SipError
    }
)

/** What the transports show. What is above them shows more: see `Diagnostic`. */
export interface DiagnosticEvents {
  /** A message was handed to the network or came from it, retransmissions and garbage included. */
  message: [trace: MessageTrace]
  /** A response told where this end is seen, and that is news. */
  'observed-address': [observed: ObservedAddress]
  /** Something came that nobody will hear of otherwise. */
  dropped: [dropped: Dropped]
}

/**
 * A kind of record that somebody above the transports shows: `endpoint.diagnostics.on(dialogDiagnostic, (step) => ...)`.
 * Made by `defineDiagnostic`.
 */
export interface Diagnostic<T> {
  readonly name: string
  /** Tells the type of its records; there is never a value here. */
  readonly record?: T
}

/**
 * Names a kind of record, for a package above or an application that has something to show.
 *
 * ```ts
 * const billingDiagnostic = defineDiagnostic<{ call: InviteSession; cents: number }>('billing')
 * endpoint.diagnostics.on(billingDiagnostic, ({ cents }) => ...)
 * endpoint.diagnostics.publish(billingDiagnostic, () => ({ call, cents }))
 * ```
 *
 * @param name of this kind alone: it is by its name that those who listen are found
 */
export function defineDiagnostic<T>(name: string): Diagnostic<T> {
  return { name }
}

/** Takes records of all kinds, those included that are not defined yet; for bridges to other ways of tracing. */
export interface DiagnosticSink {
  /** Whether a record of this kind is worth making now. Asked each time there is one to be had. */
  wants(name: string): boolean
  take(name: string, record: unknown): void
}

type Name = keyof DiagnosticEvents

/**
 * The place to watch an endpoint from: logging, ladders, packet captures. Costs nothing while nobody listens: a
 * record is made only for somebody.
 */
export class Diagnostics extends Emitter<DiagnosticEvents> {
  // Replaced, never changed in place.
  #sinks: readonly DiagnosticSink[] = []

  /** Calls `listener` with each record of this kind from now on, until `off`, or until `signal` aborts. */
  override on<K extends Name>(
    event: K,
    listener: (...args: DiagnosticEvents[K]) => void,
    options?: { signal?: AbortSignal },
  ): this
  override on<T>(
    diagnostic: Diagnostic<T>,
    listener: (record: T) => void,
    options?: { signal?: AbortSignal },
  ): this
  override on(
    event: Name | Diagnostic<unknown>,
    listener: (record: never) => void,
    options: { signal?: AbortSignal } = {},
  ): this {
    return super.on(nameOf(event), listener as () => void, options)
  }

  /** Calls `listener` with the next record of this kind only. */
  override once<K extends Name>(event: K, listener: (...args: DiagnosticEvents[K]) => void): this
  override once<T>(diagnostic: Diagnostic<T>, listener: (record: T) => void): this
  override once(event: Name | Diagnostic<unknown>, listener: (record: never) => void): this {
    return super.once(nameOf(event), listener as () => void)
  }

  /** Takes back what `on` or `once` added. */
  override off<K extends Name>(event: K, listener: (...args: DiagnosticEvents[K]) => void): this
  override off<T>(diagnostic: Diagnostic<T>, listener: (record: T) => void): this
  override off(event: Name | Diagnostic<unknown>, listener: (record: never) => void): this {
    return super.off(nameOf(event), listener as () => void)
  }

  /** How many listeners wait for records of this kind; sinks are not counted. */
  override listenerCount(event: Name | Diagnostic<unknown>): number {
    return super.listenerCount(nameOf(event))
  }

  /** Gives `sink` the records that it wants, until `signal` aborts. */
  pipe(sink: DiagnosticSink, { signal }: { signal?: AbortSignal } = {}): this {
    if (signal?.aborted) return this
    // This pipe only: the same sink may hang at another one too.
    const own: DiagnosticSink = {
      wants: (name) => sink.wants(name),
      take: (name, record) => sink.take(name, record),
    }
    this.#sinks = [...this.#sinks, own]
    const end = () => {
      this.#sinks = this.#sinks.filter((other) => other !== own)
    }
    signal?.addEventListener('abort', end, { once: true })
    return this
  }

  /** Shows a record to those who listen; makes it, once for all of them, only if there is anybody. */
  publish<K extends Name>(event: K, record: () => DiagnosticEvents[K]): void
  publish<T>(diagnostic: Diagnostic<T>, record: () => NoInfer<T>): void
  publish(event: Name | Diagnostic<unknown>, record: () => unknown): void {
    const name = nameOf(event)
    const sinks = this.#sinks.length === 0 ? this.#sinks : this.#sinks.filter((sink) => sink.wants(name))
    if (sinks.length === 0 && this.listenerCount(name) === 0) return
    const made = record()
    const args = (typeof event === 'string' ? made : [made]) as DiagnosticEvents[Name]
    this.emit(name, ...args)
    for (const sink of sinks) surface(() => sink.take(name, args[0]))
  }
}

// To the emitter all of them are names; their types are told apart at the door.
function nameOf(event: Name | Diagnostic<unknown>): Name {
  return typeof event === 'string' ? event : (event.name as Name)
}
