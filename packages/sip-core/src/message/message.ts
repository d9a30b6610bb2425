import { ArgumentError, ParseError } from '../base/errors.ts'
import { CallId } from './header/call-id.ts'
import { Contact } from './header/contact.ts'
import { CSeq, type CSeqValue } from './header/cseq.ts'
import { From } from './header/from.ts'
import { To } from './header/to.ts'
import { Via, type ViaValue } from './header/via.ts'
import type { HeaderCodec } from './header-codec.ts'
import type { HeaderReader, Headers } from './headers.ts'
import { isMethod, type Method } from './method.ts'
import type { NameAddr } from './name-addr.ts'
import { reasonPhrase } from './status.ts'
import type { Uri } from './uri.ts'
import { bytesToText } from './wire.ts'

const NO_BODY = new Uint8Array(0)

interface MessageInit<H> {
  readonly headers: H
  readonly body?: Uint8Array | undefined
  /** For the parser: what the message was read from, and is printed as. */
  readonly source?: Uint8Array | undefined
}

/** What a request is made of. */
export interface SipRequestInit<H> extends MessageInit<H> {
  readonly method: Method
  readonly uri: Uri
}

/** What a response is made of. */
export interface SipResponseInit<H> extends MessageInit<H> {
  readonly status: number
  readonly reason?: string | undefined
}

/** What requests and responses have in common. */
abstract class Message<H extends HeaderReader> {
  readonly headers: H
  /** The bytes of the body; empty if there is none. */
  readonly body: Uint8Array
  /** A message that came: its bytes. `undefined` for one that we build. */
  readonly source: Uint8Array | undefined

  constructor({ headers, body = NO_BODY, source }: MessageInit<H>) {
    this.headers = headers
    this.body = body
    this.source = source
  }

  /** The topmost Via. */
  get via(): ViaValue {
    return mandatory(this.headers, Via)
  }

  get from(): NameAddr {
    return mandatory(this.headers, From)
  }

  get to(): NameAddr {
    return mandatory(this.headers, To)
  }

  get callId(): string {
    return mandatory(this.headers, CallId)
  }

  get cseq(): CSeqValue {
    return mandatory(this.headers, CSeq)
  }

  /** The first Contact, unless it is `*`. */
  get contact(): NameAddr | undefined {
    const contact = this.headers.get(Contact)
    return contact === '*' ? undefined : contact
  }

  /** The body as text, read as UTF-8. */
  get text(): string {
    return bytesToText(this.body)
  }
}

function mandatory<T>(headers: HeaderReader, header: HeaderCodec<T>): T {
  const value = headers.get(header)
  if (value !== undefined) return value
  throw new ParseError({ expected: 'a value', found: 'no such header', offset: 0, within: header.name })
}

/**
 * A request: one that came (its headers are read-only), or one that we build (`SipRequest<Headers>`).
 *
 * The getters for headers that every message must have (`via`, `from`, `to`, `callId`, `cseq`) throw a
 * ParseError where one is missing; in a message that the parser took none is.
 *
 * @see pjsip_msg
 */
export class SipRequest<H extends HeaderReader = HeaderReader> extends Message<H> {
  readonly kind = 'request'
  readonly method: Method
  readonly uri: Uri

  /** @throws ArgumentError when `method` is no token */
  constructor(init: SipRequestInit<H>) {
    super(init)
    // What the parser read needs no second look.
    if (init.source === undefined && !isMethod(init.method)) {
      throw new ArgumentError(`${JSON.stringify(init.method)} is no method`)
    }
    this.method = init.method
    this.uri = init.uri
  }
}

/**
 * A response: one that came, or one that we build. See {@link SipRequest} about the getters.
 *
 * @see pjsip_msg
 */
export class SipResponse<H extends HeaderReader = HeaderReader> extends Message<H> {
  readonly kind = 'response'
  /** 100 to 699. */
  readonly status: number
  /** The reason phrase as text; may be empty. */
  readonly reason: string

  /**
   * Without a `reason` the registered phrase is taken.
   *
   * @throws ArgumentError when the status is out of range or the reason holds a line break or NUL
   */
  constructor(init: SipResponseInit<H>) {
    super(init)
    const { status, reason = reasonPhrase(status) } = init
    if (!Number.isInteger(status) || status < 100 || status > 699)
      throw new ArgumentError(`${status} is no status code`)
    for (let i = 0; i < reason.length; i++) {
      const code = reason.charCodeAt(i)
      if (code === 0 || code === 10 || code === 13)
        throw new ArgumentError(`The reason phrase holds a line break or NUL at ${i}`)
    }
    this.status = status
    this.reason = reason
  }
}

/** Either kind of message; `kind` tells which. */
export type SipMessage = SipRequest | SipResponse
/** A request that we build. */
export type OutgoingRequest = SipRequest<Headers>
/** A response that we build. */
export type OutgoingResponse = SipResponse<Headers>
