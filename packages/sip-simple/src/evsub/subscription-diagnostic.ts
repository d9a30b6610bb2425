import { defineDiagnostic } from 'sip-core'
import type { Cause } from 'sip-ua/dialog'
import type { NotifierState } from './notifier.fsm.ts'
import type { SubscriberState } from './subscriber.fsm.ts'

/** What every subscription shows of itself; more is told by the class it belongs to. */
interface AnySubscription {
  /** The event package. */
  readonly name: string
  readonly id: string | undefined
}

/** A step in the life of a subscription, at either end. */
export type SubscriptionStep = {
  readonly subscription: AnySubscription
  /** Why. */
  readonly cause: Cause
} & (
  | { readonly role: 'subscriber'; readonly from: SubscriberState; readonly to: SubscriberState }
  | { readonly role: 'notifier'; readonly from: NotifierState; readonly to: NotifierState }
)

/** Shows subscriptions that change their state: `endpoint.diagnostics.on(subscriptionDiagnostic, ...)`. */
export const subscriptionDiagnostic = defineDiagnostic<SubscriptionStep>('subscription')
