import type { Received } from '../transport/index.ts'

/**
 * The order in which modules see a message: the lowest first.
 *
 * @see pjsip_module_priority
 */
export const ModulePriority = {
  /** Transactions: takes what belongs to one that lives. */
  transaction: 16,
  /** What decides whether anything new is taken at all. */
  admission: 24,
  /** Dialogs: takes what belongs to one that lives. */
  dialog: 32,
  /** Packages that take requests of their own outside of dialogs (SUBSCRIBE, REFER, PUBLISH). */
  usage: 48,
  /** The application, user agents among them. */
  application: 64,
} as const

/**
 * Something on an endpoint that takes messages.
 *
 * @see pjsip_module
 */
export interface EndpointModule {
  /** For people: what shows in errors and traces. */
  readonly name: string
  /** One of `ModulePriority`, or a number between two of them. */
  readonly priority: number
  /**
   * Whether it wants to see a request that has come before another way and is still under way, as a proxy does, to
   * which it may be a spiral. Default: such a request is answered with 482 (RFC 3261 §8.2.2.2).
   */
  readonly takesMerged?: boolean
  /** Looks at a message on its way up. True takes it: no other module sees it. */
  receive(received: Received): boolean
  /** The endpoint takes nothing new: resolves when what is under way here has come to its end. */
  drain?(): Promise<void>
  /**
   * The endpoint is closing: ends what is under way as the protocol wants it (BYE, CANCEL, a last NOTIFY).
   *
   * Gracefully: resolves when the peers have answered; the endpoint may lose patience before. Otherwise, and always
   * at the end: sends what can be sent at once, and leaves nothing behind.
   */
  close?(how: { readonly graceful: boolean }): void | Promise<void>
}
