/*
 * INVITE client transaction: RFC 3261 §17.1.1 and Figure 5, with the Accepted state of RFC 6026 §7.2.
 *
 *                        INVITE from the user
 *                                |  send INVITE, set A (unreliable flows) and B
 *                                v
 *              A: resend,  +-----------+  B, transport error, flow closed: report
 *              set A   +---|  calling  |-------------------------------------+
 *                      +-->|           |                                     |
 *                          +-----------+                                     |
 *                  2xx:      |   |   |   3xx-6xx: set D,                     |
 *                  set M,    |   |   |   send ACK, report                    |
 *                  report    |   |   +-----------------------+               |
 *             +--------------+   | 1xx: report               |               |
 *             |                  v                           |               |
 *             |            +------------+                    |               |
 *             |<-----------| proceeding |------------------->|               |
 *             |   2xx:     |            |   3xx-6xx: set D,  |               |
 *             |   set M,   +------------+   send ACK, report |               |
 *             |   report     |        ^                      |               |
 *             v              +--------+ 1xx: report          v               |
 *       +------------+                                +-----------+          |
 *   +---|  accepted  |                                | completed |---+      |
 *   +-->|            |                                |           |<--+      |
 *  2xx: +------------+                                +-----------+  3xx-6xx:|
 *  report     |                                              |       resend  |
 *             | M                                     D, or  |       ACK     |
 *             |                              transport error |               |
 *             |                              (then report)   |               |
 *             |              +------------+                  |               |
 *             +------------->| terminated |<-----------------+               |
 *                            |            |<---------------------------------+
 *                            +------------+<-- from every state: terminate
 *
 * `proceeding` has no timer: a callee may ring as long as it likes, and whoever called decides when to cancel. What
 * ends it too, besides a final response, is that the flow is closed (report, to `terminated`).
 */
import type { ClientAction, ClientInput, Fsm, ResponseInput } from './fsm.ts'

export type ClientInviteState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated'
export type ClientInviteInput = ResponseInput | 'A' | 'B' | 'D' | 'M' | ClientInput

export const clientInvite: Fsm<ClientInviteState, ClientInviteInput, ClientAction> = {
  start: { next: 'calling', start: ['A', 'B'], actions: ['send'] },
  states: {
    calling: { timers: ['A', 'B'], keeps: ['request', 'bytes'] },
    proceeding: { timers: [], keeps: ['request'] },
    completed: { timers: ['D'], keeps: ['bytes'] },
    accepted: { timers: ['M'], keeps: [] },
    terminated: { timers: [], keeps: [] },
  },
  table: {
    calling: {
      '1xx': { next: 'proceeding', actions: ['report'] },
      '2xx': { next: 'accepted', start: ['M'], actions: ['report'] },
      '3xx-6xx': { next: 'completed', start: ['D'], actions: ['send-ack', 'report'] },
      A: { next: 'calling', start: ['A'], actions: ['resend'] },
      B: { next: 'terminated', actions: ['report'] },
      D: null,
      M: null,
      'transport-error': { next: 'terminated', actions: ['report'] },
      'flow-closed': { next: 'terminated', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    proceeding: {
      '1xx': { next: 'proceeding', actions: ['report'] },
      '2xx': { next: 'accepted', start: ['M'], actions: ['report'] },
      '3xx-6xx': { next: 'completed', start: ['D'], actions: ['send-ack', 'report'] },
      A: null,
      B: null,
      D: null,
      M: null,
      // The INVITE has arrived, as its 1xx shows, and nothing was sent since.
      'transport-error': null,
      // No answer can come this way any more, and no timer would end the wait for one.
      'flow-closed': { next: 'terminated', actions: ['report'] },
      terminate: { next: 'terminated', actions: [] },
    },
    completed: {
      '1xx': null,
      '2xx': null,
      '3xx-6xx': { next: 'completed', actions: ['resend'] },
      A: null,
      B: null,
      D: { next: 'terminated', actions: [] },
      M: null,
      'transport-error': { next: 'terminated', actions: ['report'] },
      'flow-closed': null,
      terminate: { next: 'terminated', actions: [] },
    },
    accepted: {
      '1xx': null,
      '2xx': { next: 'accepted', actions: ['report'] },
      '3xx-6xx': null,
      A: null,
      B: null,
      D: null,
      M: { next: 'terminated', actions: [] },
      // The ACK is the user's (RFC 3261 §13.2.2.4): nothing of the transaction's own can fail here.
      'transport-error': null,
      'flow-closed': null,
      terminate: { next: 'terminated', actions: [] },
    },
    terminated: {
      '1xx': null,
      '2xx': null,
      '3xx-6xx': null,
      A: null,
      B: null,
      D: null,
      M: null,
      'transport-error': null,
      'flow-closed': null,
      terminate: null,
    },
  },
}
