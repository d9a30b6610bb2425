import { type BodyPart, readBody, type SipMessage } from 'sip-core'

/**
 * The session description in a message, as it stands there, alone or beside other parts (RFC 5621); undefined when
 * there is none.
 */
export function sdpOf(message: SipMessage): string | undefined {
  const body = readBody(message)
  if (body.type !== 'body') return undefined
  for (const part of body.part.all()) if (isSession(part)) return part.text
  return undefined
}

// RFC 3261 §13.2.1: the disposition of a session description is `session` unless it is said to be another.
function isSession({ type, isPlain, disposition }: BodyPart): boolean {
  return type.essence === 'application/sdp' && isPlain && /^session$/i.test(disposition?.type ?? 'session')
}
