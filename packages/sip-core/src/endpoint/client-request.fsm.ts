/*
 * A request on its way through one transaction or several, one after the other (RFC 3261 §8.1.3.5, RFC 3263 §4.3).
 *
 *                 +-----------+  failed: report                     terminate, over, from everywhere
 *                 | resolving |------------------------------+      ------------------------------->+
 *                 +-----------+                              |                                      |
 *                       | attempt: send                      v                                      v
 *                       v            failed: report     +---------+                            +---------+
 *                  +---------+------------------------->|  ended  |<---------------------------|answered |
 *   attempt: +-----| calling |                          +---------+           over             +---------+
 *   send     +---->|         |----------------------------------------------------------------->^ | ^
 *                  +---------+      final: report                                               | | | final (a
 *   attempt:  ^ |          |                                                                    | | | further
 *   send      | | 1xx:     | cancel         +-----------+                                       | +-+ 2xx):
 *             | v report   +--------------->| withdrawn |-------------------------------------->+     report
 *          +------------+                   +-----------+   final: report                       |
 *          | proceeding |                         | 1xx: send CANCEL, report                    |
 *          |            |-------------------------|-------------------------------------------->+
 *          +------------+   final: report         v                                             |
 *                 |                         +-----------+                                       |
 *                 +------------------------>| cancelled |-------------------------------------->+
 *                   cancel: send CANCEL     +-----------+   final: report
 *
 * Where a challenge has come and somebody has to be asked for credentials the request waits in `asking`, with nothing
 * under way: from `calling` and `proceeding` by `ask`, on to `calling` by `attempt`, or to `ended` when there is no
 * answer (`unanswered`) or nobody waits for it any more (`cancel`, `terminate`).
 *
 * What is in `calling` has heard nothing from the target that it tries: a CANCEL has to wait there (RFC 3261 §9.1).
 * What was cancelled is tried nowhere else. `RETRIES` says what else may bring about an `attempt`.
 */
import type { StateTable } from '../base/table-machine.ts'

export type ClientRequestState =
  | 'resolving'
  | 'calling'
  | 'proceeding'
  | 'asking'
  | 'withdrawn'
  | 'cancelled'
  | 'answered'
  | 'ended'

export type ClientRequestInput =
  /** There is somewhere to send it, the first time or once more. */
  | 'attempt'
  | 'provisional'
  /** A final response that stands. */
  | 'final'
  /** It could not be sent, or nobody answered, and there is nowhere else to go. */
  | 'failed'
  /** Credentials are asked for: whether there is an attempt to come will be known later. */
  | 'ask'
  /** There is none: the challenge stands. */
  | 'unanswered'
  /** The transaction is over. */
  | 'over'
  | 'cancel'
  | 'terminate'

export type ClientRequestAction = 'send' | 'send-cancel' | 'stop' | 'report' | 'end'

export const clientRequest: StateTable<ClientRequestState, ClientRequestInput, ClientRequestAction> = {
  resolving: {
    attempt: { next: 'calling', actions: ['send'] },
    provisional: null,
    final: null,
    failed: { next: 'ended', actions: ['report', 'end'] },
    ask: null,
    unanswered: null,
    over: null,
    cancel: { next: 'ended', actions: ['end'] },
    terminate: { next: 'ended', actions: ['end'] },
  },
  calling: {
    attempt: { next: 'calling', actions: ['send'] },
    provisional: { next: 'proceeding', actions: ['report'] },
    final: { next: 'answered', actions: ['report'] },
    failed: { next: 'ended', actions: ['report', 'end'] },
    ask: { next: 'asking', actions: [] },
    unanswered: null,
    over: { next: 'ended', actions: ['end'] },
    cancel: { next: 'withdrawn', actions: [] },
    terminate: { next: 'ended', actions: ['stop', 'end'] },
  },
  proceeding: {
    attempt: { next: 'calling', actions: ['send'] },
    provisional: { next: 'proceeding', actions: ['report'] },
    final: { next: 'answered', actions: ['report'] },
    failed: { next: 'ended', actions: ['report', 'end'] },
    ask: { next: 'asking', actions: [] },
    unanswered: null,
    over: { next: 'ended', actions: ['end'] },
    cancel: { next: 'cancelled', actions: ['send-cancel'] },
    terminate: { next: 'ended', actions: ['stop', 'end'] },
  },
  asking: {
    attempt: { next: 'calling', actions: ['send'] },
    provisional: null,
    final: null,
    failed: null,
    ask: null,
    unanswered: { next: 'ended', actions: ['report', 'end'] },
    // The challenged transaction; it is left to itself, to acknowledge the challenge as often as that comes.
    over: null,
    cancel: { next: 'ended', actions: ['report', 'end'] },
    terminate: { next: 'ended', actions: ['end'] },
  },
  withdrawn: {
    attempt: null,
    provisional: { next: 'cancelled', actions: ['send-cancel', 'report'] },
    final: { next: 'answered', actions: ['report'] },
    failed: { next: 'ended', actions: ['report', 'end'] },
    ask: null,
    unanswered: null,
    over: { next: 'ended', actions: ['end'] },
    cancel: null,
    terminate: { next: 'ended', actions: ['stop', 'end'] },
  },
  cancelled: {
    attempt: null,
    provisional: { next: 'cancelled', actions: ['report'] },
    final: { next: 'answered', actions: ['report'] },
    failed: { next: 'ended', actions: ['report', 'end'] },
    ask: null,
    unanswered: null,
    over: { next: 'ended', actions: ['end'] },
    cancel: null,
    terminate: { next: 'ended', actions: ['stop', 'end'] },
  },
  answered: {
    attempt: null,
    provisional: null,
    // A further 2xx to an INVITE: resent, or of another branch (RFC 6026 §8.4).
    final: { next: 'answered', actions: ['report'] },
    // The ACK to the final response was not taken; the response stands.
    failed: null,
    ask: null,
    unanswered: null,
    over: { next: 'ended', actions: ['end'] },
    cancel: null,
    terminate: { next: 'ended', actions: ['stop', 'end'] },
  },
  ended: {
    attempt: null,
    provisional: null,
    final: null,
    failed: null,
    ask: null,
    unanswered: null,
    over: null,
    cancel: null,
    terminate: null,
  },
}

/**
 * Which outcomes may lead to another attempt. A target that has said something and then falls silent may be working
 * on the request, so that nobody else is asked (RFC 3263 §4.3: a failure is a timeout "without any response").
 */
export const RETRIES: Readonly<Record<ClientRequestState, readonly ('response' | 'failed')[]>> = {
  resolving: [],
  calling: ['response', 'failed'],
  proceeding: ['response'],
  asking: [],
  withdrawn: [],
  cancelled: [],
  answered: [],
  ended: [],
}
