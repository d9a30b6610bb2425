import { ArgumentError } from '../../base/errors.ts'
import { isToken, uintOf } from '../chars.ts'
import type { Cursor } from '../cursor.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { Params, type ParamsInit, parseParams } from '../params.ts'
import { checkedHost, checkedPort } from '../uri.ts'
import { wireToText } from '../wire.ts'

const SLASH = 0x2f

/** What a Via value is made of. */
export interface ViaInit {
  /** `'UDP'`, `'TCP'`, `'TLS'`, `'WS'`, `'WSS'`, or any other token. */
  readonly transport: string
  readonly host: string
  readonly port?: number | undefined
  readonly params?: ParamsInit | undefined
}

/**
 * One hop of the way a request took (RFC 3261 §20.42). Immutable.
 *
 * @see pjsip_via_hdr
 */
export class ViaValue {
  /** As written, most often in upper case. */
  readonly transport: string
  /** As written; an IPv6 address has its brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly params: Params

  /**
   * @param trusted for the parser: the pieces were read by the grammar, no need to check them
   * @throws ArgumentError when a piece cannot be written
   */
  constructor(init: ViaInit, trusted = false) {
    this.transport = init.transport
    if (trusted) {
      this.host = init.host
      this.port = init.port
      this.params = init.params as Params
      return
    }
    if (!isToken(init.transport)) {
      throw new ArgumentError(`${JSON.stringify(init.transport)} is no transport`)
    }
    this.host = checkedHost(init.host)
    this.port = checkedPort(init.port)
    this.params = init.params === undefined ? Params.empty : Params.of(init.params)
  }

  get branch(): string | undefined {
    return this.params.get('branch') ?? undefined
  }

  /** The address that the request came from, where its receiver saw another than `host`. */
  get received(): string | undefined {
    return this.params.get('received') ?? undefined
  }

  /** RFC 3581: `null` asks for the port; a number is the answer; `undefined` if absent or malformed. */
  get rport(): number | null | undefined {
    const value = this.params.get('rport')
    return value === null ? null : uintOf(value, 65535)
  }

  /** The same with some pieces exchanged. */
  with(changes: Partial<ViaInit>): ViaValue {
    return new ViaValue({
      transport: this.transport,
      host: this.host,
      port: this.port,
      params: this.params,
      ...changes,
    })
  }

  toString(): string {
    return wireToText(this.toWire())
  }

  /** As `toString`, as a wire string. */
  toWire(): string {
    const sentBy = this.port === undefined ? this.host : `${this.host}:${this.port}`
    return `SIP/2.0/${this.transport} ${sentBy}${this.params.toWire()}`
  }
}

/** Via (RFC 3261 §20.42): the topmost value is the hop that sent the message to us. */
export const Via: HeaderCodec<ViaValue> = defineHeader<ViaValue>({
  name: 'Via',
  kind: 'list',
  linePerValue: true,
  parse(cursor) {
    readProtocol(cursor)
    const transport = cursor.token('a transport')
    cursor.skipWs()
    const host = cursor.host()
    const port = cursor.eatPadded(0x3a) ? cursor.port() : undefined
    return new ViaValue({ transport, host, port, params: parseParams(cursor) }, true)
  },
  print: (value) => value.toWire(),
})

// "SIP" "/" "2.0" "/", whitespace allowed around the slashes.
function readProtocol(cursor: Cursor): void {
  const { text, at } = cursor
  if (text.startsWith('SIP/2.0/', at) && cursor.end - at > 8) {
    cursor.at = at + 8
    cursor.skipWs()
    return
  }
  if (cursor.token('SIP/2.0').toUpperCase() !== 'SIP') cursor.fail('SIP/2.0')
  if (!cursor.eatPadded(SLASH)) cursor.fail("'/'")
  if (cursor.token('2.0') !== '2.0') cursor.fail('2.0')
  if (!cursor.eatPadded(SLASH)) cursor.fail("'/'")
}
