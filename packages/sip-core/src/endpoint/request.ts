import { ArgumentError, SipError } from '../base/errors.ts'
import { NameAddr, type OutgoingRequest, SipRequest, type SipResponse } from '../message/index.ts'
import type { ClientRequest, ClientRequestUser } from './client-request.ts'
import { createRequest, type RequestInit } from './create-request.ts'
import { RejectedError } from './rejected-error.ts'
import type { SendOptions } from './sender.ts'

/** What a request outside of any dialog is made of; the rest is filled in. */
export interface SimpleRequestInit
  extends Pick<RequestInit, 'method' | 'uri' | 'from'>,
    Partial<Omit<RequestInit, 'method' | 'uri' | 'from'>> {}

/** What `request` needs of the endpoint. */
interface Requester {
  token(length?: number): string
  send(request: OutgoingRequest, user: ClientRequestUser, options: SendOptions): ClientRequest
}

// They have no final response that somebody could simply wait for.
const NOT_SIMPLE: ReadonlySet<string> = new Set(['INVITE', 'ACK', 'CANCEL'])

/** As `Endpoint.request`. */
export async function request(
  endpoint: Requester,
  init: OutgoingRequest | SimpleRequestInit,
  options: SendOptions,
): Promise<SipResponse> {
  if (NOT_SIMPLE.has(init.method))
    throw new ArgumentError(`${init.method} is more than a request to wait for`)
  const { signal } = options
  signal?.throwIfAborted()
  const outgoing = init instanceof SipRequest ? init : complete(endpoint, init)
  return await new Promise((resolve, reject) => {
    endpoint.send(
      outgoing,
      {
        onClientRequest(event) {
          switch (event.type) {
            case 'response': {
              const { message } = event.received
              if (message.status >= 300) reject(new RejectedError(message))
              else if (message.status >= 200) resolve(message)
              break
            }
            case 'failed':
              reject(event.error)
              break
            case 'terminated':
              // Means nothing after one of the above.
              reject(signal?.aborted ? signal.reason : new SipError('SIP_CLOSED', 'the endpoint was closed'))
              break
          }
        },
      },
      options,
    )
  })
}

function complete(endpoint: Requester, init: SimpleRequestInit): OutgoingRequest {
  const { from } = init
  return createRequest({
    to: new NameAddr({ uri: init.uri }),
    callId: endpoint.token(24),
    seq: 1,
    ...init,
    from: from.tag === undefined ? from.withParam('tag', endpoint.token()) : from,
  })
}
