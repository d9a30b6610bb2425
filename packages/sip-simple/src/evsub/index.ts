export type { EventPackage } from './event-package.ts'
export { EvsubLayer, type SubscribeTaker, type Subscription } from './evsub-layer.ts'
export type { NotifierState } from './notifier.fsm.ts'
export {
  Notifier,
  type NotifierEvents,
  type NotifierInit,
  type NotifyInit,
} from './notifier.ts'
export type { NotifyState } from './notify-state.ts'
export type { SubscriberState } from './subscriber.fsm.ts'
export {
  type Notification,
  type SubscribeInit,
  Subscriber,
  type SubscriberEvents,
  type SubscriberInit,
} from './subscriber.ts'
export { type SubscriptionStep, subscriptionDiagnostic } from './subscription-diagnostic.ts'
