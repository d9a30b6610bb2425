import { createRequire } from 'node:module'
import { parseMessage } from 'sip-core'
import { ReferTo } from 'sip-xfer'
import type { Benchmark, Contender } from './harness.ts'
import { MESSAGES } from './messages.ts'

// The npm package `sip`, which brings no types.
const sip = createRequire(import.meta.url)('sip') as { parse(text: string): SipPackageMessage }

interface SipPackageMessage {
  readonly headers: {
    readonly from: { readonly params: { readonly tag?: string } }
    readonly to: { readonly params: { readonly tag?: string } }
    readonly via: readonly { readonly params: { readonly branch?: string } }[]
    readonly cseq: { readonly seq: number }
    readonly 'refer-to'?: string
  }
}

const HEADERS = [ReferTo]

/** Reads one message as strictly as the endpoint does, and what every layer asks of it. */
function ours(bytes: Buffer): string {
  const result = parseMessage(bytes, { headers: HEADERS })
  if (result.type !== 'request' && result.type !== 'response') throw new Error('the benchmark is broken')
  const message = result.type === 'request' ? result.request : result.response
  const referTo = message.headers.get(ReferTo)?.uri
  const host = referTo?.type === 'sip' ? referTo.host : ''
  return `${message.from.tag} ${message.to.tag} ${message.via.branch} ${message.cseq.seq} ${host}`
}

function theirs(bytes: Buffer): string {
  const { headers } = sip.parse(bytes.toString('latin1'))
  const { from, to, via, cseq } = headers
  return `${from.params.tag} ${to.params.tag} ${via[0]?.params.branch} ${cseq.seq} ${headers['refer-to'] ?? ''}`
}

const contender = (name: string, bytes: Buffer, parse: (bytes: Buffer) => string): Contender => ({
  name,
  run(times) {
    let length = 0
    for (let i = 0; i < times; i++) length += parse(bytes).length
    return length
  },
})

/** Parse and read From and To tag, top Via branch, CSeq, Refer-To host: one benchmark a kind of message. */
export const parse: readonly Benchmark[] = Object.entries(MESSAGES).map(([kind, bytes]) => ({
  name: `parse ${kind} (${bytes.length} bytes)`,
  unit: 'messages',
  contenders: [contender('sip-core', bytes, ours), contender('sip', bytes, theirs)],
}))
