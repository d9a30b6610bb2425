/*
 * Non-INVITE server transaction: RFC 3261 §17.2.2 and Figure 8, with the two rules of RFC 4320 §4: the only
 * provisional response is a 100, sent when the client has slowed its resends down to T2, and a 408 is never sent:
 * by then the client has given up by its own timer F, and would only hear it as a stray.
 * "from user" marks what the user sends; the rest comes from the network or the clock.
 *
 *                              request
 *                                 |  set late
 *                                 v
 *                          +------------+
 *                          |   trying   |-------------------+---------------+
 *                          +------------+                   |               |
 *                                 |                         |               |
 *                                 | late:                   | 2xx-6xx       | 408
 *                                 v send 100                | from user:    | from user:
 *                          +------------+                   | send, set J   | set J
 *                      +---|            |                   |               |
 *     request: resend  +-->| proceeding |------------------>+-------------->|
 *                          |            |                   |               |
 *                          +------------+                   v               v
 *                                 |                   +-----------+   +-----------+
 *                                 |               +---| completed |   |  silent   |
 *              transport error:   |               +-->|           |   |           |
 *              report             |          request: +-----------+   +-----------+
 *                                 |          resend         | J, or         | J
 *                                 |                         | transport     |
 *                                 v                         | error (then   |
 *                          +------------+                   | report)       |
 *                          | terminated |<------------------+---------------+
 *                          |            |<-- from every state: terminate
 *                          +------------+
 *
 * A request resent before the user has answered, or in `silent`, is swallowed; before the answer it gets what the
 * user sends in the end.
 */
import type { CommonInput, Fsm, ResponseInput, ServerAction } from './fsm.ts'

export type ServerNonInviteState = 'trying' | 'proceeding' | 'completed' | 'silent' | 'terminated'
export type ServerNonInviteInput = 'request' | ResponseInput | '408' | 'late' | 'J' | CommonInput

export const serverNonInvite: Fsm<ServerNonInviteState, ServerNonInviteInput, ServerAction> = {
  start: { next: 'trying', start: ['late'], actions: [] },
  states: {
    trying: { timers: ['late'], keeps: ['request'] },
    proceeding: { timers: [], keeps: ['request', 'bytes'] },
    completed: { timers: ['J'], keeps: ['bytes'] },
    silent: { timers: ['J'], keeps: [] },
    terminated: { timers: [], keeps: [] },
  },
  table: {
    trying: {
      request: null,
      '1xx': null,
      '2xx': { next: 'completed', start: ['J'], actions: ['send'] },
      '3xx-6xx': { next: 'completed', start: ['J'], actions: ['send'] },
      '408': { next: 'silent', start: ['J'], actions: [] },
      late: { next: 'proceeding', actions: ['send-trying'] },
      J: null,
      // Nothing was sent yet that could have failed.
      'transport-error': null,
      terminate: { next: 'terminated', actions: [] },
    },
    proceeding: {
      request: { next: 'proceeding', actions: ['resend'] },
      '1xx': null,
      '2xx': { next: 'completed', start: ['J'], actions: ['send'] },
      '3xx-6xx': { next: 'completed', start: ['J'], actions: ['send'] },
      '408': { next: 'silent', start: ['J'], actions: [] },
      late: null,
      J: null,
      'transport-error': { next: 'terminated', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    completed: {
      request: { next: 'completed', actions: ['resend'] },
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      '408': null,
      late: null,
      J: { next: 'terminated', actions: [] },
      'transport-error': { next: 'terminated', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    silent: {
      request: null,
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      '408': null,
      late: null,
      J: { next: 'terminated', actions: [] },
      'transport-error': null,
      terminate: { next: 'terminated', actions: [] },
    },
    terminated: {
      request: null,
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      '408': null,
      late: null,
      J: null,
      'transport-error': null,
      terminate: null,
    },
  },
}
