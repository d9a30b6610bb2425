/**
 * What went wrong, as a literal to switch on.
 *
 * | code | meaning |
 * |---|---|
 * | `SIP_PARSE` | bytes or text that are not what the grammar asks for |
 * | `SIP_ARGUMENT` | the caller handed in something that cannot be sent (a CR in a header, a bad URI, ...) |
 * | `SIP_STATE` | the call is not possible in the object's present state |
 * | `SIP_TIMEOUT` | the peer did not answer in time |
 * | `SIP_TRANSPORT` | the message could not be handed to the network, or the connection went away |
 * | `SIP_REJECTED` | the peer answered with a final response other than 2xx |
 * | `SIP_CLOSED` | the endpoint was closed meanwhile |
 * | `SIP_LIMIT` | one of the configured limits is reached |
 */
export type SipErrorCode =
  | 'SIP_PARSE'
  | 'SIP_ARGUMENT'
  | 'SIP_STATE'
  | 'SIP_TIMEOUT'
  | 'SIP_TRANSPORT'
  | 'SIP_REJECTED'
  | 'SIP_CLOSED'
  | 'SIP_LIMIT'

/** Every error this stack throws or hands to an application. `cause` holds the error below it, if there is one. */
export class SipError extends Error {
  readonly code: SipErrorCode

  constructor(code: SipErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Where a parse error was met. */
export interface ParseErrorPlace {
  /** What the grammar asks for at this place, in words. */
  readonly expected: string
  /** What stands there instead: an excerpt of the input, `'end of input'` at its end. */
  readonly found: string
  /** Characters (which are bytes on the wire) from the start of `within`. */
  readonly offset: number
  /** What was being read: a header's name, `'start line'`, `'URI'`, ... */
  readonly within: string
}

/** The input does not follow the grammar; says what was expected, what came and where. */
export class ParseError extends SipError implements ParseErrorPlace {
  readonly expected: string
  readonly found: string
  readonly offset: number
  readonly within: string

  constructor(place: ParseErrorPlace) {
    super(
      'SIP_PARSE',
      `${place.within}: expected ${place.expected} at offset ${place.offset}, found ${place.found}`,
    )
    this.expected = place.expected
    this.found = place.found
    this.offset = place.offset
    this.within = place.within
  }
}

/** The peer did not answer in time. `timer` is the RFC's letter (`'B'`, `'F'`, `'H'`, `'N'`, ...) or its own name. */
export class TimeoutError extends SipError {
  readonly timer: string

  constructor(timer: string, message: string) {
    super('SIP_TIMEOUT', message)
    this.timer = timer
  }
}

/** The message could not be sent, or its connection failed. */
export class TransportError extends SipError {
  constructor(message: string, options?: ErrorOptions) {
    super('SIP_TRANSPORT', message, options)
  }
}

/** The call is not possible in this state; the message names the state and what would be possible. */
export class StateError extends SipError {
  constructor(message: string) {
    super('SIP_STATE', message)
  }
}

/** The caller handed in something that cannot be sent. */
export class ArgumentError extends SipError {
  constructor(message: string, options?: ErrorOptions) {
    super('SIP_ARGUMENT', message, options)
  }
}
