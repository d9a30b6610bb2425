export { AllowEvents } from './allow-events.ts'
export { Event, EventValue } from './event.ts'
export { SIPETag } from './sip-etag.ts'
export { SIPIfMatch } from './sip-if-match.ts'
export {
  SubscriptionState,
  type SubscriptionStateInit,
  SubscriptionStateValue,
} from './subscription-state.ts'
