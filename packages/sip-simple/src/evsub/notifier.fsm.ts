/*
 * A subscription as its notifier sees it: RFC 6665 §4.2.1 and §4.2.2, Figure 2, with `closing` put between the
 * last NOTIFY and its answer, for so long does the dialog have to live.
 *
 *                          init ----------------------------+
 *                           |  accept: 2xx, set expiry      |  reject, terminate:
 *                           v                               |  final response
 *          +----------- resp_wait ----------+               |
 *  NOTIFY  |                |               |               |
 *  active  |                | NOTIFY        |               |
 *          |                | pending       | NOTIFY        |
 *          |                v               | terminated,   v
 *          |             pending ---------->| expiry,   terminated
 *          |                |               | un-           ^
 *          |                | NOTIFY        | subscribe     |  the last NOTIFY is answered,
 *          |                v active        v               |  or nobody answers (linger)
 *          +------------> active ------> closing -----------+
 *
 * From `pending`, `active` and `closing` a NOTIFY that failed leads to `terminated`, from everywhere `terminate` does.
 * A SUBSCRIBE that refreshes leads back to where it came from, but from `resp_wait` to `pending`: it wants a NOTIFY
 * at once (§4.2.1.1), and what the application has to say is not known yet.
 */
import type { StateTable, TableCell } from 'sip-core'

/** Where a subscription is for its notifier. */
export type NotifierState = 'init' | 'resp_wait' | 'pending' | 'active' | 'closing' | 'terminated'

/**
 * What a notifier may meet.
 *
 * - `accept`, `reject`, `notify-...`, `terminate`: what the application asks for
 * - `refresh`, `unsubscribe`, `too-brief`: a SUBSCRIBE within the dialog, by its Expires
 * - `delivered`: every NOTIFY has been answered; `undelivered`: one has failed for good
 * - `expiry`: nobody refreshed; `linger`: the last NOTIFY takes too long
 */
export type NotifierInput =
  | ('accept' | 'reject' | 'terminate')
  | ('notify-active' | 'notify-pending' | 'notify-terminated')
  | ('refresh' | 'unsubscribe' | 'too-brief')
  | ('delivered' | 'undelivered')
  | ('expiry' | 'linger')

/**
 * - `answer`: the response to the request that made the subscription, or to the SUBSCRIBE
 * - `decline`: 480 to the request that made the subscription
 * - `prolong`: sets when the subscription expires by what was granted last
 * - `notify`: the application's NOTIFY; `notify-current`: one with the state as it is; `notify-timeout`: the last one
 * - `linger`: sets how long the last NOTIFY may take
 * - `leave`: calls off every timer and leaves the dialog
 * - `report`: tells the application that the subscription was refreshed
 */
export type NotifierAction =
  | ('answer' | 'decline' | 'prolong')
  | ('notify' | 'notify-current' | 'notify-timeout')
  | ('linger' | 'leave' | 'report')

type Cell = TableCell<NotifierState, NotifierAction>

const to = (next: NotifierState, ...actions: readonly NotifierAction[]): Cell => ({ next, actions })

const NOTHING: { readonly [input in NotifierInput]: Cell } = {
  accept: null,
  reject: null,
  terminate: null,
  'notify-active': null,
  'notify-pending': null,
  'notify-terminated': null,
  refresh: null,
  unsubscribe: null,
  'too-brief': null,
  delivered: null,
  undelivered: null,
  expiry: null,
  linger: null,
}

const END = to('terminated', 'leave')

/** What every state in which there is a subscription has in common; a SUBSCRIBE's answer goes before the NOTIFY. */
const subscribed = (
  self: NotifierState,
  refreshed: NotifierState,
): { readonly [input in NotifierInput]: Cell } => ({
  ...NOTHING,
  terminate: END,
  'notify-active': to('active', 'notify'),
  'notify-terminated': to('closing', 'linger', 'notify'),
  refresh: to(refreshed, 'prolong', 'answer', 'notify-current', 'report'),
  unsubscribe: to('closing', 'linger', 'answer', 'notify-timeout'),
  'too-brief': to(self, 'answer'),
  expiry: to('closing', 'linger', 'notify-timeout'),
})

export const NOTIFIER_TABLE: StateTable<NotifierState, NotifierInput, NotifierAction> = {
  init: {
    ...NOTHING,
    accept: to('resp_wait', 'prolong', 'answer'),
    reject: to('terminated', 'answer', 'leave'),
    terminate: to('terminated', 'decline', 'leave'),
  },
  resp_wait: { ...subscribed('resp_wait', 'pending'), 'notify-pending': to('pending', 'notify') },
  pending: {
    ...subscribed('pending', 'pending'),
    'notify-pending': to('pending', 'notify'),
    undelivered: END,
  },
  active: { ...subscribed('active', 'active'), undelivered: END },
  closing: { ...NOTHING, terminate: END, delivered: END, undelivered: END, linger: END },
  terminated: NOTHING,
}
