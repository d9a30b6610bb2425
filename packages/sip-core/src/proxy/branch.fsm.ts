/*
 * One branch of a request that is forwarded, as its response context sees it (RFC 3261 §16.7, §16.8).
 *
 *                     | start: send, set C
 *                     v
 *    1xx: report,   +-----------+  2xx, 487, refusal: report
 *    set C      +---|  waiting  |----------------------------------------------------+
 *               +-->|           |---------------------------+                        |
 *                   +-----------+  failed, over:            |                        |
 *                     |       |    report failure           |                        |
 *             cancel: |       | C: CANCEL, set gone         |                        |
 *     CANCEL, set gone|       v                             |                        |
 *                     |     +-----------+  487, gone, failed|                        |
 *                     |     |  expired  |  and over: report  |                       |
 *                     |     |           |  as not answered   |                       |
 *                     |     +-----------+------------------->|                       |
 *                     |       |   |  2xx, refusal: report    |                       |
 *                     |cancel |   +------------------------- | ------------------- ->|
 *                     v       v                              v                       v
 *                   +-----------+  gone, failed, over:    +------+            +----------+
 *                   | cancelled |------------------------>| over |<-----------| answered |---+ 2xx:
 *                   |           |  report as cancelled    +------+    over    |          |<--+ report
 *                   +-----------+                                             +----------+
 *                         |  2xx, 487, refusal: report                             ^
 *                         +--------------------------------------------------------+
 *
 * C and gone do not run on into another state, but gone does from `expired` to `cancelled`. A 1xx here is one from 101
 * on: a 100 says nothing of the callee.
 */
import type { StateTable } from '../base/table-machine.ts'

export type BranchState = 'waiting' | 'expired' | 'cancelled' | 'answered' | 'over'
export type BranchInput =
  | '1xx'
  | '2xx'
  | '487'
  /** Any other final response. */
  | 'refusal'
  /** It could not be sent, or nobody answered. */
  | 'failed'
  /** The transaction is over. */
  | 'over'
  /** Nobody is interested any more. */
  | 'cancel'
  /** Timer C: it rings for too long. */
  | 'C'
  /** No final response came after the CANCEL. */
  | 'gone'
/** `report-failure`: with the status that fits the failure; `report-408`, `report-487`: as if that had come. */
export type BranchAction =
  | 'report'
  | 'report-failure'
  | 'report-408'
  | 'report-487'
  | 'set-C'
  | 'cancel'
  | 'set-gone'
  | 'stop'
  | 'give-up'

export const BRANCH_TABLE: StateTable<BranchState, BranchInput, BranchAction> = {
  waiting: {
    '1xx': { next: 'waiting', actions: ['set-C', 'report'] },
    '2xx': { next: 'answered', actions: ['stop', 'report'] },
    '487': { next: 'answered', actions: ['stop', 'report'] },
    refusal: { next: 'answered', actions: ['stop', 'report'] },
    failed: { next: 'over', actions: ['stop', 'report-failure'] },
    over: { next: 'over', actions: ['stop', 'report-408'] },
    cancel: { next: 'cancelled', actions: ['set-gone', 'cancel'] },
    C: { next: 'expired', actions: ['set-gone', 'cancel'] },
    gone: null,
  },
  expired: {
    '1xx': null,
    '2xx': { next: 'answered', actions: ['stop', 'report'] },
    '487': { next: 'over', actions: ['stop', 'report-408'] },
    refusal: { next: 'answered', actions: ['stop', 'report'] },
    failed: { next: 'over', actions: ['stop', 'report-408'] },
    over: { next: 'over', actions: ['stop', 'report-408'] },
    cancel: { next: 'cancelled', actions: [] },
    C: null,
    gone: { next: 'over', actions: ['give-up', 'report-408'] },
  },
  cancelled: {
    '1xx': null,
    '2xx': { next: 'answered', actions: ['stop', 'report'] },
    '487': { next: 'answered', actions: ['stop', 'report'] },
    refusal: { next: 'answered', actions: ['stop', 'report'] },
    failed: { next: 'over', actions: ['stop', 'report-487'] },
    over: { next: 'over', actions: ['stop', 'report-487'] },
    cancel: null,
    C: null,
    gone: { next: 'over', actions: ['give-up', 'report-487'] },
  },
  answered: {
    '1xx': null,
    '2xx': { next: 'answered', actions: ['report'] },
    '487': null,
    refusal: null,
    failed: null,
    over: { next: 'over', actions: [] },
    cancel: null,
    C: null,
    gone: null,
  },
  over: {
    '1xx': null,
    '2xx': null,
    '487': null,
    refusal: null,
    failed: null,
    over: null,
    cancel: null,
    C: null,
    gone: null,
  },
}
