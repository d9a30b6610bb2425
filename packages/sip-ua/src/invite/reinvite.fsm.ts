/*
 * Changing a call that is up, by INVITE within its dialog (RFC 3261 §14).
 *
 *              send: INVITE                       arrived: tell the application
 *   offering <-------------- idle -----------------------------> offered
 *      |                      ^ ^ ^                                 | accept: 2xx
 *      | 2xx                  | | |  reject, CANCEL: final response |
 *      | failure              | | +---------------------------------+
 *      | gone: end the call   | |                                   v
 *      +----------------------+ +------------------------------ answered
 *                                  ACK; no ACK: end the call
 *
 * An INVITE that crosses ours, or comes before the ACK to our 2xx, gets 491; one that comes before our answer to the
 * last one gets 500 with Retry-After (§14.2). When the call ends, whatever is open is closed.
 */
import type { StateTable, TableCell } from 'sip-core'

export type ReinviteState = 'idle' | 'offering' | 'offered' | 'answered'

/**
 * The first line is what the application asks for, the others happen. `failure`: ours was refused, or could not be
 * sent; `gone`: the peer does not know the call any more, or does not answer (RFC 3261 §12.2.1.2).
 */
export type ReinviteInput =
  | ('send' | 'accept' | 'reject')
  | ('2xx' | 'failure' | 'gone')
  | ('arrived' | 'ack' | 'no-ack' | 'cancelled' | 'ended')

/**
 * - `send-invite`: the request
 * - `send-response`: what the application answers with
 * - `ask`: tells the application of the peer's wish
 * - `succeed`, `fail`: tells the application what became of its own
 * - `refuse-glare`: 491; `refuse-busy`: 500 with Retry-After; `refuse`: 487
 * - `limit`: sets the time for which the answer is still waited for
 * - `end-call`: the call is not what the peer believes it to be, or nobody is there (RFC 3261 §14.1, §14.2)
 */
export type ReinviteAction =
  | ('send-invite' | 'send-response')
  | ('ask' | 'succeed' | 'fail')
  | ('refuse-glare' | 'refuse-busy' | 'refuse')
  | ('limit' | 'end-call')

type ReinviteCell = TableCell<ReinviteState, ReinviteAction>

const to = (next: ReinviteState, ...actions: readonly ReinviteAction[]): ReinviteCell => ({ next, actions })

const NOTHING: { readonly [input in ReinviteInput]: ReinviteCell } = {
  send: null,
  accept: null,
  reject: null,
  '2xx': null,
  failure: null,
  gone: null,
  arrived: null,
  ack: null,
  'no-ack': null,
  cancelled: null,
  ended: null,
}

export const REINVITE_TABLE: StateTable<ReinviteState, ReinviteInput, ReinviteAction> = {
  idle: { ...NOTHING, send: to('offering', 'send-invite'), arrived: to('offered', 'ask') },
  offering: {
    ...NOTHING,
    '2xx': to('idle', 'succeed'),
    failure: to('idle', 'fail'),
    gone: to('idle', 'fail', 'end-call'),
    arrived: to('offering', 'refuse-glare'),
    ended: to('idle', 'fail', 'limit'),
  },
  offered: {
    ...NOTHING,
    accept: to('answered', 'send-response'),
    reject: to('idle', 'send-response'),
    arrived: to('offered', 'refuse-busy'),
    cancelled: to('idle', 'refuse'),
    ended: to('idle', 'refuse'),
  },
  answered: {
    ...NOTHING,
    arrived: to('answered', 'refuse-glare'),
    ack: to('idle'),
    'no-ack': to('idle', 'end-call'),
    ended: to('idle'),
  },
}
