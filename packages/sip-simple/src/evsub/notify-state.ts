import type { SubscriptionStateValue } from '../header/index.ts'

/** What a NOTIFY says of its subscription (RFC 6665 §4.1.3). */
export type NotifyState = 'pending' | 'active' | 'terminated'

/** The state in a Subscription-State. One that is not known is one in which there is a subscription. */
export function notifyStateOf({ state }: SubscriptionStateValue): NotifyState {
  switch (state) {
    case 'pending':
      return 'pending'
    case 'terminated':
      return 'terminated'
    default:
      return 'active'
  }
}
