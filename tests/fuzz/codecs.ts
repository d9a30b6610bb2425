import type { HeaderCodec } from 'sip-core'
import * as core from 'sip-core'
import * as simple from 'sip-simple'
import * as ua from 'sip-ua'
import * as xfer from 'sip-xfer'

/** The codec of every typed header of every package. */
export const codecs: readonly HeaderCodec<unknown>[] = [core, ua, simple, xfer].flatMap((exported) =>
  Object.values(exported as Readonly<Record<string, unknown>>).filter(isCodec),
)

function isCodec(value: unknown): value is HeaderCodec<unknown> {
  return typeof value === 'object' && value !== null && 'parse' in value && 'print' in value && 'key' in value
}
