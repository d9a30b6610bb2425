/*
 * Non-INVITE server transaction: RFC 3261 §17.2.2 and Figure 8.
 * "from user" marks what the user sends; the rest comes from the network or the clock.
 *
 *                              request
 *                                 |
 *                                 v
 *                          +------------+
 *                          |   trying   |-------------------+
 *                          +------------+                   |
 *                                 |                         |
 *                1xx from user:   |                         | 2xx-6xx from user:
 *                send             v                         | send, set J
 *   1xx from user:         +------------+                   |
 *      send            +---|            |                   |
 *   request: resend    +-->| proceeding |------------------>|
 *                          |            |                   |
 *                          +------------+                   v
 *                                 |                   +-----------+
 *                                 |               +---| completed |
 *              transport error:   |               +-->|           |
 *              report             |          request: +-----------+
 *                                 |          resend         | J, or transport error
 *                                 v                         | (then report)
 *                          +------------+                   |
 *                          | terminated |<------------------+
 *                          |            |<-- from every state: terminate
 *                          +------------+
 *
 * A request resent before the user has answered is swallowed; it gets what the user sends in the end.
 */
import type { CommonInput, Fsm, ResponseInput, ServerAction } from './fsm.ts'

export type ServerNonInviteState = 'trying' | 'proceeding' | 'completed' | 'terminated'
export type ServerNonInviteInput = 'request' | ResponseInput | 'J' | CommonInput

export const serverNonInvite: Fsm<ServerNonInviteState, ServerNonInviteInput, ServerAction> = {
  start: { next: 'trying', actions: [] },
  states: {
    trying: { timers: [], keeps: ['request'] },
    proceeding: { timers: [], keeps: ['request', 'bytes'] },
    completed: { timers: ['J'], keeps: ['bytes'] },
    terminated: { timers: [], keeps: [] },
  },
  table: {
    trying: {
      request: null,
      '1xx': { next: 'proceeding', actions: ['send'] },
      '2xx': { next: 'completed', start: ['J'], actions: ['send'] },
      '3xx-6xx': { next: 'completed', start: ['J'], actions: ['send'] },
      J: null,
      // Nothing was sent yet that could have failed.
      'transport-error': null,
      terminate: { next: 'terminated', actions: [] },
    },
    proceeding: {
      request: { next: 'proceeding', actions: ['resend'] },
      '1xx': { next: 'proceeding', actions: ['send'] },
      '2xx': { next: 'completed', start: ['J'], actions: ['send'] },
      '3xx-6xx': { next: 'completed', start: ['J'], actions: ['send'] },
      J: null,
      'transport-error': { next: 'terminated', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    completed: {
      request: { next: 'completed', actions: ['resend'] },
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      J: { next: 'terminated', actions: [] },
      'transport-error': { next: 'terminated', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    terminated: {
      request: null,
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      J: null,
      'transport-error': null,
      terminate: null,
    },
  },
}
