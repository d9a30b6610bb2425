/*
 * A subscription as its subscriber sees it: RFC 6665 §4.1.2, Figure 1.
 *
 *                         init
 *                           |  send: SUBSCRIBE, or REFER (RFC 3515); set N
 *                           v
 *          +----------- notify_wait --------------+  N, any failure, NOTIFY terminated,
 *   NOTIFY |                |                     |  success that promises no NOTIFY
 *   active |                | NOTIFY pending      |
 *          |                v                     v
 *          |             pending ------------> terminated
 *          |              |   ^                   ^
 *          |       NOTIFY |   | NOTIFY            |  expiry, N after a refresh,
 *          |       active |   | pending           |  a failure that means the end,
 *          |              v   |                   |  NOTIFY terminated
 *          +-------------> active ----------------+
 *
 * From every state `terminate` leads to `terminated`: the application gives the subscription up.
 *
 * A 2xx does not leave `notify_wait`: nothing is known before the first NOTIFY, which may well come before it
 * (§4.1.2.4). From `active` back to `pending` the RFC draws no arrow; the notifier's word counts all the same.
 */
import type { StateTable, TableCell } from 'sip-core'

/** Where a subscription is for its subscriber. */
export type SubscriberState = 'init' | 'notify_wait' | 'pending' | 'active' | 'terminated'

/**
 * What a subscriber may meet.
 *
 * - `send`: the application sends a request that makes, refreshes or ends the subscription
 * - `success`: 2xx to such a request; `silent`: a 2xx that says that no NOTIFY follows (204, RFC 5839)
 * - `gone`: a failure that ends a subscription even as the answer to a refresh (§4.1.2.2); `failure`: any other
 * - `overtaken`: the request was refused only because a later one of the dialog came before it (RFC 3261 §12.2.2)
 * - `notify-...`: a NOTIFY with that state
 * - `N`: no NOTIFY followed in time; `expiring`: it is time to refresh; `expiry`: nobody did
 */
export type SubscriberInput =
  | ('send' | 'terminate')
  | ('success' | 'silent' | 'gone' | 'failure' | 'overtaken')
  | ('notify-active' | 'notify-pending' | 'notify-terminated')
  | ('N' | 'expiring' | 'expiry')

/**
 * - `start-N`, `stop-N`: the wait for a NOTIFY
 * - `send`: the application's request, or the same again
 * - `answer`: 200 to the NOTIFY
 * - `prolong`: sets when the subscription expires by what was said last
 * - `leave`: calls off every timer and leaves the dialog
 * - `report`: tells the application what came
 */
export type SubscriberAction = 'start-N' | 'stop-N' | 'send' | 'answer' | 'prolong' | 'leave' | 'report'

type Cell = TableCell<SubscriberState, SubscriberAction>

const to = (next: SubscriberState, ...actions: readonly SubscriberAction[]): Cell => ({ next, actions })

const NOTHING: { readonly [input in SubscriberInput]: Cell } = {
  send: null,
  terminate: null,
  success: null,
  silent: null,
  gone: null,
  failure: null,
  overtaken: null,
  'notify-active': null,
  'notify-pending': null,
  'notify-terminated': null,
  N: null,
  expiring: null,
  expiry: null,
}

const END = to('terminated', 'leave')

/** What every state in which NOTIFYs are taken has in common. */
const WAITING: { readonly [input in SubscriberInput]: Cell } = {
  ...NOTHING,
  terminate: END,
  gone: END,
  'notify-active': to('active', 'stop-N', 'answer', 'prolong', 'report'),
  'notify-pending': to('pending', 'stop-N', 'answer', 'prolong', 'report'),
  'notify-terminated': to('terminated', 'answer', 'leave', 'report'),
  N: END,
}

/** While there is a subscription, the request's failure need not be its end (§4.1.2.2). */
const established = (self: 'pending' | 'active'): { readonly [input in SubscriberInput]: Cell } => ({
  ...WAITING,
  send: to(self, 'start-N', 'send'),
  success: to(self, 'prolong', 'report'),
  silent: to(self, 'stop-N', 'prolong', 'report'),
  failure: to(self, 'stop-N', 'report'),
  overtaken: to(self, 'send'),
  expiring: to(self, 'report'),
  expiry: END,
})

export const SUBSCRIBER_TABLE: StateTable<SubscriberState, SubscriberInput, SubscriberAction> = {
  init: { ...NOTHING, send: to('notify_wait', 'start-N', 'send'), terminate: END },
  notify_wait: {
    ...WAITING,
    send: to('notify_wait', 'start-N', 'send'),
    success: to('notify_wait', 'prolong', 'report'),
    silent: to('terminated', 'leave', 'report'),
    failure: END,
    overtaken: to('notify_wait', 'send'),
  },
  pending: established('pending'),
  active: established('active'),
  terminated: NOTHING,
}
