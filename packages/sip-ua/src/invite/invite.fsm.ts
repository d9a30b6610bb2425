/*
 * The invite session: a call as its two ends see it (RFC 3261 §13 to §15, §9; PJSIP's pjsip_inv_state).
 *
 *   caller                                                    called
 *
 *              null                                             null
 *               | invite                                         | arrived
 *               v              end                               v
 *   +------- calling ------------------> abandoned        +-- incoming --+  ring
 *   |           | 100                        | 100, 1xx:  |      | ring  |<----+
 *   |           v              end: CANCEL   v CANCEL     |      v       |     |
 *   |      proceeding ---------------> cancelling         |   alerting --|-----+
 *   |           | 1xx                     |   ^           |      |       |
 *   |           v              end: CANCEL|   |           |      +-------+
 *   |         early ----------------------|---+           |      |       | reject, end, BYE, CANCEL:
 *   |           |                         |               |      |       | final response
 *   +-----------+ 2xx                2xx: |               |accept: 2xx   v
 *               v                     BYE |               v           disconnected
 *           confirmed                     |           connecting ----------+
 *               |    ^                    |               |      \ end     | no ACK: BYE
 *               |    +--------------------|---------------+ ACK   v        |
 *           end:|BYE                      v                     closing    |
 *               +------------------> disconnecting <---------------+-------+
 *                                         | BYE is answered           ACK, no ACK: BYE
 *                                         v
 *   final failure, time-out, BYE -> disconnected
 *
 * `abandoned` waits for a provisional response before CANCEL may go out (RFC 3261 §9.1); `closing` waits for the
 * ACK before BYE may (§15). From `cancelling` a 2xx that crossed the CANCEL leads to BYE. Every 2xx is acknowledged
 * as it comes, whatever the state (§13.2.2.4): that is `InviteClient`'s.
 */
import type { StateTable, TableCell } from 'sip-core'

/** Where an invite session is. `CALL_STATES` folds these into what applications see. */
export type InviteState =
  | 'null'
  | 'calling'
  | 'proceeding'
  | 'early'
  | 'abandoned'
  | 'cancelling'
  | 'incoming'
  | 'alerting'
  | 'connecting'
  | 'closing'
  | 'confirmed'
  | 'disconnecting'
  | 'disconnected'

/** What an invite session may meet. The first line is what its application asks for, the others happen to it. */
export type InviteInput =
  | ('invite' | 'ring' | 'accept' | 'reject' | 'end')
  | ('100' | '1xx' | '2xx' | 'failure' | 'lost')
  | ('arrived' | 'ack' | 'no-ack' | 'cancelled')
  | ('reinvite' | 'bye' | 'bye-done' | 'gone')

/**
 * - `send-invite`, `send-bye`, `send-cancel`: the requests
 * - `withdraw`: nothing else is done to place the call, such as asking somebody for a password
 * - `send-response`: what the application answers the INVITE with
 * - `refuse`: ends the INVITE with 487, as after CANCEL and BYE
 * - `answer-bye`: 200 to the peer's BYE
 * - `take-reinvite`: hands an INVITE within the call to `REINVITE_TABLE`
 * - `refuse-glare`, `refuse-busy`: answers it with 491, or with 500 and Retry-After (RFC 3261 §14.2)
 */
export type InviteAction =
  | ('send-invite' | 'send-bye' | 'send-cancel' | 'withdraw')
  | ('send-response' | 'refuse' | 'answer-bye')
  | ('take-reinvite' | 'refuse-glare' | 'refuse-busy')

type InviteCell = TableCell<InviteState, InviteAction>

const to = (next: InviteState, ...actions: readonly InviteAction[]): InviteCell => ({ next, actions })

const NOTHING: { readonly [input in InviteInput]: InviteCell } = {
  invite: null,
  ring: null,
  accept: null,
  reject: null,
  end: null,
  '100': null,
  '1xx': null,
  '2xx': null,
  failure: null,
  lost: null,
  arrived: null,
  ack: null,
  'no-ack': null,
  cancelled: null,
  reinvite: null,
  bye: null,
  'bye-done': null,
  gone: null,
}

/** While the INVITE of this end waits for its final response. */
const CALLER: { readonly [input in InviteInput]: InviteCell } = {
  ...NOTHING,
  '2xx': to('confirmed'),
  failure: to('disconnected'),
  lost: to('disconnected'),
}

/** While the peer's INVITE waits for this end's final response. */
const CALLED: { readonly [input in InviteInput]: InviteCell } = {
  ...NOTHING,
  ring: to('alerting', 'send-response'),
  accept: to('connecting', 'send-response'),
  reject: to('disconnected', 'send-response'),
  end: to('disconnected', 'send-response'),
  cancelled: to('disconnected', 'refuse'),
  // RFC 3261 §15.1.2: a caller may end an early dialog by BYE; the INVITE is answered all the same.
  bye: to('disconnected', 'answer-bye', 'refuse'),
}

export const INVITE_TABLE: StateTable<InviteState, InviteInput, InviteAction> = {
  null: { ...NOTHING, invite: to('calling', 'send-invite'), arrived: to('incoming') },

  calling: { ...CALLER, end: to('abandoned', 'withdraw'), '100': to('proceeding'), '1xx': to('early') },
  proceeding: { ...CALLER, end: to('cancelling', 'send-cancel'), '1xx': to('early') },
  early: {
    ...CALLER,
    end: to('cancelling', 'send-cancel'),
    '1xx': to('early'),
    reinvite: to('early', 'refuse-glare'),
    // RFC 3261 §15: a callee must not, but it may be taken at its word.
    bye: to('cancelling', 'answer-bye', 'send-cancel'),
  },
  abandoned: {
    ...CALLER,
    '100': to('cancelling', 'send-cancel'),
    '1xx': to('cancelling', 'send-cancel'),
    '2xx': to('disconnecting', 'send-bye'),
  },
  cancelling: {
    ...CALLER,
    '2xx': to('disconnecting', 'send-bye'),
    reinvite: to('cancelling', 'refuse-glare'),
    bye: to('cancelling', 'answer-bye'),
  },

  incoming: { ...CALLED, reinvite: to('incoming', 'refuse-busy') },
  alerting: { ...CALLED, reinvite: to('alerting', 'refuse-busy') },
  connecting: {
    ...NOTHING,
    end: to('closing'),
    ack: to('confirmed'),
    'no-ack': to('disconnecting', 'send-bye'),
    // The peer believes the call to be up before this end does: its ACK was lost or is late.
    reinvite: to('connecting', 'refuse-glare'),
    bye: to('disconnected', 'answer-bye'),
  },
  closing: {
    ...NOTHING,
    ack: to('disconnecting', 'send-bye'),
    'no-ack': to('disconnecting', 'send-bye'),
    reinvite: to('closing', 'refuse-glare'),
    bye: to('disconnected', 'answer-bye'),
  },

  confirmed: {
    ...NOTHING,
    end: to('disconnecting', 'send-bye'),
    reinvite: to('confirmed', 'take-reinvite'),
    bye: to('disconnected', 'answer-bye'),
    // RFC 3261 §12.2.1.2, §14.2: the peer does not know the call any more, or never acknowledged a change of it.
    gone: to('disconnecting', 'send-bye'),
  },
  disconnecting: {
    ...NOTHING,
    // The two BYEs crossed.
    bye: to('disconnecting', 'answer-bye'),
    'bye-done': to('disconnected'),
  },
  disconnected: NOTHING,
}

/**
 * The states of a call, as PJSIP counts them, and `disconnecting` between the wish to end it and the end.
 *
 * - `calling`: the INVITE is out, nobody has rung yet
 * - `incoming`: an INVITE is here, not answered yet
 * - `early`: it rings at the called end
 * - `connecting`: the called end has accepted, the ACK is under way
 * - `confirmed`: the call is up
 *
 * @see pjsip_inv_state
 */
export type CallState =
  | 'null'
  | 'calling'
  | 'incoming'
  | 'early'
  | 'connecting'
  | 'confirmed'
  | 'disconnecting'
  | 'disconnected'

export const CALL_STATES: { readonly [state in InviteState]: CallState } = {
  null: 'null',
  calling: 'calling',
  proceeding: 'calling',
  early: 'early',
  abandoned: 'disconnecting',
  cancelling: 'disconnecting',
  incoming: 'incoming',
  alerting: 'early',
  connecting: 'connecting',
  closing: 'disconnecting',
  confirmed: 'confirmed',
  disconnecting: 'disconnecting',
  disconnected: 'disconnected',
}
