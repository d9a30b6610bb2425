/*
 * INVITE server transaction: RFC 3261 §17.2.1 and Figure 7, with the Accepted state of RFC 6026 §7.1.
 * "from user" marks what the user sends; the rest comes from the network or the clock.
 *
 *                             INVITE
 *                               |  set trying
 *                               v
 *    trying: send 100     +------------+    1xx from user: send, call off trying
 *    INVITE: resend   +---|            |---+
 *                     +-->| proceeding |<--+
 *    CANCEL,          +---|            |
 *    transport error: +-->+------------+
 *    report                  |      |
 *      3xx-6xx from user:    |      |    2xx from user:
 *      send, set G       +---+      +---+  send, set L
 *      (unreliable flows)|              |
 *      and H             |              |
 *                        v              v
 *   G: resend,     +-----------+  +------------+   2xx from user: send
 *      set G   +---|           |  |            |---+  ACK: pass on
 *   INVITE:    +-->| completed |  |  accepted  |<--+  CANCEL, transport error: report
 *      resend      |           |  |            |
 *   CANCEL,    +---|           |  +------------+
 *   transport  +-->+-----------+        |
 *   error:           |       |          |
 *   report       ACK:|       | H:       | L
 *              set I |       | report   |
 *                    v       |          |
 *     +---  +-----------+    |          |
 *     +-->  | confirmed |    |          |
 *   CANCEL: +-----------+    |          |
 *   report         | I       |          |
 *                  v         v          |
 *                +------------+         |
 *                | terminated |<--------+
 *                |            |<-- from every state: terminate
 *                +------------+
 *
 * In `accepted` a resent INVITE is swallowed in silence: resending a 2xx until its ACK comes is the user's work
 * (RFC 3261 §13.3.1.4), as only it knows the dialog. A CANCEL is reported in every state, for it must be
 * answered even when it comes too late to change anything (RFC 3261 §9.2).
 */
import type { CommonInput, Fsm, ResponseInput, ServerAction } from './fsm.ts'

export type ServerInviteState = 'proceeding' | 'completed' | 'accepted' | 'confirmed' | 'terminated'
export type ServerInviteInput =
  | 'request'
  | 'ack'
  | 'cancel'
  | ResponseInput
  | 'trying'
  | 'G'
  | 'H'
  | 'I'
  | 'L'
  | CommonInput

export const serverInvite: Fsm<ServerInviteState, ServerInviteInput, ServerAction> = {
  start: { next: 'proceeding', start: ['trying'], actions: [] },
  states: {
    proceeding: { timers: ['trying'], keeps: ['request', 'bytes'] },
    completed: { timers: ['G', 'H'], keeps: ['bytes'] },
    accepted: { timers: ['L'], keeps: [] },
    confirmed: { timers: ['I'], keeps: [] },
    terminated: { timers: [], keeps: [] },
  },
  table: {
    proceeding: {
      request: { next: 'proceeding', actions: ['resend'] },
      ack: null,
      cancel: { next: 'proceeding', actions: ['report'] },
      '1xx': { next: 'proceeding', stop: ['trying'], actions: ['send'] },
      '2xx': { next: 'accepted', start: ['L'], actions: ['send'] },
      '3xx-6xx': { next: 'completed', start: ['G', 'H'], actions: ['send'] },
      trying: { next: 'proceeding', actions: ['send-trying'] },
      G: null,
      H: null,
      I: null,
      L: null,
      'transport-error': { next: 'proceeding', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    completed: {
      request: { next: 'completed', actions: ['resend'] },
      ack: { next: 'confirmed', start: ['I'], actions: [] },
      cancel: { next: 'completed', actions: ['report'] },
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      trying: null,
      G: { next: 'completed', start: ['G'], actions: ['resend'] },
      H: { next: 'terminated', actions: ['report'] },
      I: null,
      L: null,
      'transport-error': { next: 'completed', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    accepted: {
      request: null,
      ack: { next: 'accepted', actions: ['pass-on'] },
      cancel: { next: 'accepted', actions: ['report'] },
      '1xx': null,
      '2xx': { next: 'accepted', actions: ['send'] },
      '3xx-6xx': null,
      trying: null,
      G: null,
      H: null,
      I: null,
      L: { next: 'terminated', actions: [] },
      'transport-error': { next: 'accepted', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    confirmed: {
      request: null,
      ack: null,
      cancel: { next: 'confirmed', actions: ['report'] },
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      trying: null,
      G: null,
      H: null,
      I: { next: 'terminated', actions: [] },
      L: null,
      'transport-error': null,
      terminate: { next: 'terminated', actions: [] },
    },
    terminated: {
      request: null,
      ack: null,
      cancel: null,
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      trying: null,
      G: null,
      H: null,
      I: null,
      L: null,
      'transport-error': null,
      terminate: null,
    },
  },
}
