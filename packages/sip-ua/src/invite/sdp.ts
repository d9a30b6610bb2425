import { ContentType, type SipMessage } from 'sip-core'

/** The session description in a message, as it stands there; undefined when its body is none. */
export function sdpOf(message: SipMessage): string | undefined {
  const type = message.headers.get(ContentType)
  if (type === undefined || message.body.length === 0) return undefined
  return type.essence === 'application/sdp' ? message.text : undefined
}
