import type { Random } from '../base/random.ts'
import { ProxyAuthorization, ProxyRequire, Route, type SipRequest, Via } from '../message/index.ts'
import { newBranch } from '../transaction/index.ts'
import { type Address, unbracketed } from '../transport/index.ts'
import { hash } from './hash.ts'

// A token character that no random part and no hash has.
const SEPARATOR = '.'

/**
 * What a request looks like to whoever decides where it goes: Request-URI, Route and the like, without the method,
 * which a CANCEL and an ACK do not share with their INVITE, and without Via, which every hop changes (RFC 5393 §4.2.2).
 */
export function loopHash({ uri, headers, from, to, callId, cseq }: SipRequest): string {
  const asked = [Route, ProxyRequire, ProxyAuthorization].flatMap((header) => headers.rawLines(header))
  return hash([uri, from.tag ?? '', to.tag ?? '', callId, cseq.seq, ...asked].join('\n'))
}

/** A new branch for forwarding `request`, by which a loop shows when it comes back (RFC 3261 §16.6 step 8). */
export function loopBranch(random: Random, request: SipRequest): string {
  return newBranch(random) + SEPARATOR + loopHash(request)
}

/**
 * Whether the request was forwarded from here before, and comes back as it was then: it would go round for ever. One
 * that comes back changed is a spiral, and has good reason to (RFC 5393 §4.2.3).
 *
 * @param own the addresses that this element writes into Via
 */
export function isLooped(request: SipRequest, own: readonly Address[]): boolean {
  const vias = request.headers.getAll(Via)
  const passed = vias.filter((via) => own.some((address) => isSame(address, via)))
  if (passed.length === 0) return false
  const now = SEPARATOR + loopHash(request)
  return passed.some(({ branch }) => branch?.toLowerCase().endsWith(now) === true)
}

/**
 * The branch with which an element that keeps nothing forwards a request: made of the request alone, so that a
 * retransmission gets the same one, and an ACK or CANCEL that of its INVITE (RFC 3261 §16.11).
 */
export function statelessBranch(request: SipRequest): string {
  const { via, from, to, callId, cseq, uri } = request
  const { branch = '', host, port = '' } = via
  const place = `${host.toLowerCase()}:${port} ${branch}`
  // Of a peer of RFC 2543 the branch says nothing.
  const asked = branch.startsWith(COOKIE) ? '' : `${from.tag} ${to.tag} ${callId} ${cseq.seq} ${uri}`
  return `${COOKIE}${hash(`${place} ${asked}`)}${SEPARATOR}${loopHash(request)}`
}

const COOKIE = 'z9hG4bK'

function isSame({ host, port }: Address, via: { readonly host: string; readonly port: number | undefined }) {
  return unbracketed(via.host).toLowerCase() === host.toLowerCase() && (via.port ?? 5060) === (port || 5060)
}
