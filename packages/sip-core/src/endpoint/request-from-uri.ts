import { ParseError } from '../base/errors.ts'
import type { Body, ExtraHeaders } from '../body/index.ts'
import { headerKey, isMethod, isToken, type Method, type Uri } from '../message/index.ts'

/** What may be taken over from a URI. */
export interface RequestFromUriOptions {
  /**
   * Names of the headers that are taken over, `'body'` for the body; in place of {@link URI_HEADERS}. Those that
   * say who sends the request, where from and which way ({@link requestFromUri}) are not taken over even if they
   * are named here.
   */
  readonly allow?: Iterable<string>
}

/** A header of a URI that was not taken over. */
export interface DroppedHeader {
  /** As written. */
  readonly name: string
  readonly value: string
  /** Nobody may ask for it; this application does not allow it; or it cannot stand in a message. */
  readonly reason: 'forbidden' | 'not-allowed' | 'unwritable'
}

/** The request that a URI asks for, to be spread into what `createRequest` takes. */
export interface UriRequest {
  readonly method: Method
  /** The Request-URI: without the method and the headers. */
  readonly uri: Uri
  readonly headers: ExtraHeaders
  readonly body?: Body
  /** What the URI asks for besides, and is not given. */
  readonly dropped: readonly DroppedHeader[]
}

/** What is taken over from a URI unless the application says otherwise. */
export const URI_HEADERS: readonly string[] = [
  ...['Replaces', 'Join', 'Target-Dialog', 'In-Reply-To', 'Require', 'Subject', 'Priority'],
  ...['Accept-Contact', 'Reject-Contact', 'Request-Disposition', 'Event', 'Expires', 'User-to-User', 'body'],
]

// RFC 3261 §19.1.5: these would let whoever wrote the URI speak with our voice, or choose our way.
const FORBIDDEN: ReadonlySet<string> = new Set([
  ...['from', 'call-id', 'cseq', 'via', 'record-route', 'route', 'max-forwards', 'max-breadth'],
  ...['content-length', 'authorization', 'proxy-authorization'],
])

/**
 * The request that a URI asks for by its `method` parameter and its headers (RFC 3261 §19.1.5), as one in a
 * Refer-To, in a Contact of a redirection, or on a web page does:
 *
 * ```ts
 * const { dropped, ...asked } = requestFromUri(referTo.uri)
 * const request = createRequest({ ...asked, from, to, callId, seq })
 * ```
 *
 * The author of the URI is not to be trusted: only what is on a list is taken over, what is not is reported. From,
 * Call-ID, CSeq, Via, Route, Record-Route and the like are never taken over. A body is `text/plain` unless
 * `Content-Type` is allowed and given. Which methods to follow is for the caller to say.
 *
 * @throws ParseError when the method is no token, or is ACK or CANCEL, which are not sent by themselves
 */
export function requestFromUri(uri: Uri, { allow = URI_HEADERS }: RequestFromUriOptions = {}): UriRequest {
  if (uri.type !== 'sip') return { method: 'INVITE', uri, headers: {}, dropped: [] }
  const allowed = new Set([...allow].map(headerKey))
  const taken = new Map<string, string[]>()
  const dropped: DroppedHeader[] = []
  for (const [name, value] of uri.headers) {
    const text = value ?? ''
    const reason = whyNot(name, text, allowed)
    if (reason !== undefined) dropped.push({ name, value: text, reason })
    else taken.set(headerKey(name), [...(taken.get(headerKey(name)) ?? []), text])
  }
  const content = taken.get('body')?.join('')
  const type = taken.get('content-type')?.[0] ?? 'text/plain'
  taken.delete('body')
  taken.delete('content-type')
  return {
    method: methodOf(uri.params.get('method')),
    uri: uri.with({ params: uri.params.without('method'), headers: undefined }),
    headers: Object.fromEntries(taken),
    ...(content === undefined ? {} : { body: { type, content } }),
    dropped,
  }
}

function whyNot(
  name: string,
  value: string,
  allowed: ReadonlySet<string>,
): DroppedHeader['reason'] | undefined {
  if (!isToken(name)) return 'unwritable'
  const key = headerKey(name)
  if (FORBIDDEN.has(key)) return 'forbidden'
  if (!allowed.has(key)) return 'not-allowed'
  return key === 'body' || !holdsLineBreak(value) ? undefined : 'unwritable'
}

function holdsLineBreak(value: string): boolean {
  return value.includes('\r') || value.includes('\n') || value.includes('\0')
}

function methodOf(method: string | null | undefined): Method {
  if (method === undefined) return 'INVITE'
  if (method !== null && isMethod(method) && method !== 'ACK' && method !== 'CANCEL') return method
  throw new ParseError({
    within: 'URI parameter method',
    expected: 'a method that can be asked for',
    found: JSON.stringify(method),
    offset: 0,
  })
}
