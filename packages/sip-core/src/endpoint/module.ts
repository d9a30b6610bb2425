import type { Received } from '../transport/index.ts'

/**
 * The order in which modules see a message: the lowest first.
 *
 * @see pjsip_module_priority
 */
export const ModulePriority = {
  /** Transactions: takes what belongs to one that lives. */
  transaction: 16,
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
  /** Looks at a message on its way up. True takes it: no other module sees it. */
  receive(received: Received): boolean
  /** The endpoint is closing: end what is under way, without waiting for anybody. */
  close?(): void
}
