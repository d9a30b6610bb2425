/*
 * Changing a call that is up, by INVITE within its dialog (RFC 3261 §14).
 *
 *              send: INVITE                       arrived: tell the application
 *   offering <-------------- idle -----------------------------> offered
 *      |                      ^ ^ ^                                 | accept: 2xx
 *      | 2xx: ACK             | | |  reject, CANCEL: final response |
 *      | failure, lost        | | +---------------------------------+
 *      +----------------------+ |                                   v
 *                               +------------------------------ answered
 *                                  ACK; no ACK: end the call
 *
 * An INVITE that crosses ours gets 491; one that comes while the last one is not done gets 500 with Retry-After
 * (§14.2). When the call ends, whatever is open is closed.
 */
import type { StateTable, TableCell } from 'sip-core'

export type ReinviteState = 'idle' | 'offering' | 'offered' | 'answered'

/** The first line is what the application asks for, the others happen. */
export type ReinviteInput =
  | ('send' | 'accept' | 'reject')
  | ('2xx' | 'failure' | 'lost')
  | ('arrived' | 'ack' | 'no-ack' | 'cancelled' | 'ended')

/**
 * - `send-invite`, `send-ack`: the requests
 * - `send-response`: what the application answers with
 * - `ask`: tells the application of the peer's wish
 * - `succeed`, `fail`: tells the application what became of its own
 * - `refuse-glare`: 491; `refuse-busy`: 500 with Retry-After; `refuse`: 487
 * - `end-call`: no ACK came, the call is not what the peer believes it to be (RFC 3261 §14.2)
 */
export type ReinviteAction =
  | ('send-invite' | 'send-ack' | 'send-response')
  | ('ask' | 'succeed' | 'fail')
  | ('refuse-glare' | 'refuse-busy' | 'refuse')
  | 'end-call'

type ReinviteCell = TableCell<ReinviteState, ReinviteAction>

const to = (next: ReinviteState, ...actions: readonly ReinviteAction[]): ReinviteCell => ({ next, actions })

const NOTHING: { readonly [input in ReinviteInput]: ReinviteCell } = {
  send: null,
  accept: null,
  reject: null,
  '2xx': null,
  failure: null,
  lost: null,
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
    '2xx': to('idle', 'send-ack', 'succeed'),
    failure: to('idle', 'fail'),
    lost: to('idle', 'fail'),
    arrived: to('offering', 'refuse-glare'),
    ended: to('idle', 'fail'),
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
    arrived: to('answered', 'refuse-busy'),
    ack: to('idle'),
    'no-ack': to('idle', 'end-call'),
    ended: to('idle'),
  },
}
