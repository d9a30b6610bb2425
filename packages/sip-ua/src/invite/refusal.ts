import {
  Accept,
  ArgumentError,
  acceptance,
  type Capabilities,
  ContentType,
  MediaType,
  type ReceivedRequest,
  type Refusal,
  readBody,
  type SipRequest,
  selectParts,
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

/**
 * Why the body of a request cannot be taken (RFC 3261 §8.2.3, RFC 5621 §8): one of its parts is required, and its type
 * or encoding is unknown. Undefined when it can, or may be passed over.
 */
export function verifyBody(request: SipRequest, { contentTypes }: Capabilities): Refusal | undefined {
  const body = readBody(request)
  if (body.type === 'unreadable') return { status: 400 }
  // What has no type is left to whoever asks for it.
  if (body.type === 'empty' || !request.headers.has(ContentType)) return undefined
  const { part } = body
  const selection = selectParts(part, ({ type, isPlain }) => isPlain && contentTypes.has(type.essence))
  if (selection.type === 'taken') return undefined
  const accept = { Accept: [...contentTypes].join(', ') }
  return {
    status: 415,
    headers: selection.part.isPlain ? accept : { ...accept, 'Accept-Encoding': 'identity' },
  }
}

/** Refuses an INVITE whose sender would take no session description for an answer (RFC 3261 §20.1, §21.4.7). */
export function verifyAccept({ headers }: SipRequest): Refusal | undefined {
  if (!headers.has(Accept) || acceptance(headers.getAll(Accept), SDP) > 0) return undefined
  return { status: 406 }
}

const SDP = new MediaType({ type: 'application', subtype: 'sdp' })
