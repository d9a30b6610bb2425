/*
 * A request in the hands of a proxy: its response context (RFC 3261 §16.7).
 *
 *               | request
 *               v
 *        +-------------+  respond: send                                            +------+
 *        |  deciding   |---------------------------------------------------------->| over |
 *        +-------------+  cancel: send 487                                         |      |
 *               | forward: send 100, try                                           +------+
 *               v                                                                    ^ ^ ^
 *        +-------------+  done: try the next targets                                 | | |
 *    +---| forwarding  |---+                                                         | | |
 *    +-->|             |<--+       exhausted: send the best                          | | |
 *   1xx: +-------------+-------------------------------------------------------------+ | |
 *   pass   |         |                                                                 | |
 *   on     |         | cancel, 6xx (kept): cancel the rest                             | |
 *          |         v                                                                 | |
 *   refusal|       +-------------+   done, exhausted: send the best                    | |
 *   kept   |       |   ending    |-----------------------------------------------------+ |
 *          |       +-------------+                                                       |
 *          |         |                                                                   |
 *          | 2xx: pass on, cancel the rest                                               |
 *          v         v                                                                   |
 *        +-------------+   closed                                                        |
 *    +---|  answered   |-----------------------------------------------------------------+
 *    +-->|             |
 *        +-------------+
 *    2xx to an INVITE: pass on
 *
 * `ending` waits for the branches that were cancelled, as one of them may have been quicker with a 2xx; what else
 * they say is kept. From every state `closed` (the server transaction is over) leads to `over`.
 */
import type { StateTable } from '../base/table-machine.ts'

/** How far a proxy is with a request. */
export type ProxyState = 'deciding' | 'forwarding' | 'ending' | 'answered' | 'over'
export type ProxyInput =
  /** The application: to these targets. */
  | 'forward'
  /** The application: this is the answer. */
  | 'respond'
  /** The caller, or the application: not any more. */
  | 'cancel'
  | '1xx'
  | '2xx'
  /** 300 to 599, or none at all. */
  | 'refusal'
  | '6xx'
  /** No branch is under way, and there are more targets. */
  | 'done'
  /** No branch is under way, and there are no more targets. */
  | 'exhausted'
  /** The server transaction is over. */
  | 'closed'
export type ProxyAction =
  | 'trying'
  | 'try'
  | 'pass'
  | 'pass-further'
  | 'keep'
  | 'cancel-rest'
  | 'send'
  | 'send-487'
  | 'send-best'

export const PROXY_TABLE: StateTable<ProxyState, ProxyInput, ProxyAction> = {
  deciding: {
    forward: { next: 'forwarding', actions: ['trying', 'try'] },
    respond: { next: 'over', actions: ['send'] },
    cancel: { next: 'over', actions: ['send-487'] },
    '1xx': null,
    '2xx': null,
    refusal: null,
    '6xx': null,
    done: null,
    exhausted: null,
    closed: { next: 'over', actions: [] },
  },
  forwarding: {
    forward: null,
    respond: null,
    cancel: { next: 'ending', actions: ['cancel-rest'] },
    '1xx': { next: 'forwarding', actions: ['pass'] },
    '2xx': { next: 'answered', actions: ['pass', 'cancel-rest'] },
    refusal: { next: 'forwarding', actions: ['keep'] },
    '6xx': { next: 'ending', actions: ['keep', 'cancel-rest'] },
    done: { next: 'forwarding', actions: ['try'] },
    exhausted: { next: 'over', actions: ['send-best'] },
    closed: { next: 'over', actions: ['cancel-rest'] },
  },
  ending: {
    forward: null,
    respond: null,
    cancel: null,
    '1xx': null,
    '2xx': { next: 'answered', actions: ['pass', 'cancel-rest'] },
    refusal: { next: 'ending', actions: ['keep'] },
    '6xx': { next: 'ending', actions: ['keep'] },
    done: { next: 'over', actions: ['send-best'] },
    exhausted: { next: 'over', actions: ['send-best'] },
    closed: { next: 'over', actions: [] },
  },
  answered: {
    forward: null,
    respond: null,
    cancel: null,
    '1xx': null,
    '2xx': { next: 'answered', actions: ['pass-further'] },
    refusal: null,
    '6xx': null,
    done: null,
    exhausted: null,
    closed: { next: 'over', actions: [] },
  },
  over: {
    forward: null,
    respond: null,
    cancel: null,
    '1xx': null,
    '2xx': null,
    refusal: null,
    '6xx': null,
    done: null,
    exhausted: null,
    closed: null,
  },
}
