/*
 * Non-INVITE client transaction: RFC 3261 §17.1.2 and Figure 6.
 *
 *                      request from the user
 *                                |  send request, set E (unreliable flows) and F
 *                                v
 *              E: resend,  +-----------+
 *              set E   +---|  trying   |---------------------------------------+
 *                      +-->|           |------------+                          |
 *                          +-----------+            |                          |
 *                                |                  | 2xx-6xx: set K, report   |
 *                                | 1xx: report      |                          |
 *                                v                  |                          |
 *              E: resend, +------------+            |                          |
 *              set E  +---| proceeding |----------->|                          |
 *              to T2  +-->|            |----------- | ------------------------>|
 *                         +------------+            |                          |
 *                           |        ^              |      F, transport error, |
 *                           +--------+ 1xx: report  v      flow closed: report |
 *                                             +-----------+                    |
 *                                             | completed |                    |
 *                                             |           |                    |
 *                                             +-----------+                    |
 *                                                   | K                        |
 *                                                   v                          |
 *                                             +------------+                   |
 *                                             | terminated |<------------------+
 *                                             |            |<-- from every state: terminate
 *                                             +------------+
 *
 * E and F run on from `trying` to `proceeding`: a 1xx slows the resends down, it does not end them.
 */
import type { ClientAction, ClientInput, Fsm, ResponseInput } from './fsm.ts'

export type ClientNonInviteState = 'trying' | 'proceeding' | 'completed' | 'terminated'
export type ClientNonInviteInput = ResponseInput | 'E' | 'F' | 'K' | ClientInput

export const clientNonInvite: Fsm<ClientNonInviteState, ClientNonInviteInput, ClientAction> = {
  start: { next: 'trying', start: ['E', 'F'], actions: ['send'] },
  states: {
    trying: { timers: ['E', 'F'], keeps: ['request', 'bytes'] },
    proceeding: { timers: ['E', 'F'], keeps: ['request', 'bytes'] },
    completed: { timers: ['K'], keeps: [] },
    terminated: { timers: [], keeps: [] },
  },
  table: {
    trying: {
      '1xx': { next: 'proceeding', actions: ['report'] },
      '2xx': { next: 'completed', start: ['K'], actions: ['report'] },
      '3xx-6xx': { next: 'completed', start: ['K'], actions: ['report'] },
      E: { next: 'trying', start: ['E'], actions: ['resend'] },
      F: { next: 'terminated', actions: ['report'] },
      K: null,
      'transport-error': { next: 'terminated', actions: ['report'] },
      'flow-closed': { next: 'terminated', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    proceeding: {
      '1xx': { next: 'proceeding', actions: ['report'] },
      '2xx': { next: 'completed', start: ['K'], actions: ['report'] },
      '3xx-6xx': { next: 'completed', start: ['K'], actions: ['report'] },
      E: { next: 'proceeding', start: ['E=T2'], actions: ['resend'] },
      F: { next: 'terminated', actions: ['report'] },
      K: null,
      'transport-error': { next: 'terminated', actions: ['report'] },
      'flow-closed': { next: 'terminated', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    completed: {
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      E: null,
      F: null,
      K: { next: 'terminated', actions: [] },
      'transport-error': null,
      'flow-closed': null,
      terminate: { next: 'terminated', actions: [] },
    },
    terminated: {
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      E: null,
      F: null,
      K: null,
      'transport-error': null,
      'flow-closed': null,
      terminate: null,
    },
  },
}
