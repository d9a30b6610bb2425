import type { SipRequest, SipResponse } from '../message/index.ts'
import type { Flow } from './transport.ts'

/** A request as it came in: the message, which is read-only, and the flow that brought it. */
export interface ReceivedRequest {
  readonly type: 'request'
  readonly message: SipRequest
  readonly flow: Flow
}

/** A response as it came in. */
export interface ReceivedResponse {
  readonly type: 'response'
  readonly message: SipResponse
  readonly flow: Flow
}

/**
 * A message on its way up.
 *
 * @see pjsip_rx_data
 */
export type Received = ReceivedRequest | ReceivedResponse
