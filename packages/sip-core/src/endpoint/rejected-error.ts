import { SipError } from '../base/errors.ts'
import type { SipResponse } from '../message/index.ts'

/** The peer answered with a final response other than 2xx. */
export class RejectedError extends SipError {
  readonly response: SipResponse

  constructor(response: SipResponse) {
    super('SIP_REJECTED', `${response.cseq.method} was answered ${response.status} ${response.reason}`)
    this.response = response
  }
}
