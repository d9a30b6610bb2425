export { AllowEvents } from './allow-events.ts'
export { Event, EventValue } from './event.ts'
export {
  SubscriptionState,
  type SubscriptionStateInit,
  SubscriptionStateValue,
} from './subscription-state.ts'
