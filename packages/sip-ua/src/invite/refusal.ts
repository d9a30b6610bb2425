import {
  ArgumentError,
  type Capabilities,
  ContentDisposition,
  ContentType,
  type ReceivedRequest,
  type Refusal,
  type SipRequest,
} from 'sip-core'
import type { Dialog } from '../dialog/index.ts'

/** @throws ArgumentError for a status that refuses nothing */
export function assertRefusal(status: number): void {
  if (status >= 300 && status <= 699) return
  throw new ArgumentError(`an INVITE is refused with a status from 300 to 699, not ${status}`)
}

/** Refuses an INVITE that crossed one of this end, or came before the ACK to the last one (RFC 3261 §14.2). */
export function refuseGlare(dialog: Dialog, received: ReceivedRequest): void {
  dialog.respond(received, 491)
}

/** Refuses an INVITE that came before the last one was answered: for 0 to 10 seconds, by chance (RFC 3261 §14.2). */
export function refuseBusy(dialog: Dialog, received: ReceivedRequest): void {
  const wait = dialog.endpoint.random.uint32() % 11
  dialog.respond(received, 500, { headers: { 'Retry-After': String(wait) } })
}

/** Why the body of a request cannot be taken (RFC 3261 §8.2.3); undefined when it can, or may be passed over. */
export function verifyBody(request: SipRequest, { contentTypes }: Capabilities): Refusal | undefined {
  const type = request.headers.get(ContentType)
  if (type === undefined || request.body.length === 0 || contentTypes.has(type.essence)) return undefined
  if (request.headers.get(ContentDisposition)?.params.get('handling') === 'optional') return undefined
  return { status: 415, headers: { Accept: [...contentTypes].join(', ') } }
}
