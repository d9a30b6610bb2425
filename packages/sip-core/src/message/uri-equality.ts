/** When two URIs mean the same (RFC 3261 §19.1.4, RFC 5954 §4.2). */

import { equalsIgnoringCase } from './chars.ts'
import { ipv6Groups } from './ipv6.ts'
import type { Params } from './params.ts'

/** Whether two hosts are the same: IPv6 addresses by what they mean, all else but for the case of letters. */
export function sameHost(a: string, b: string): boolean {
  if (equalsIgnoringCase(a, b)) return true
  if (a.charCodeAt(0) !== BRACKET || b.charCodeAt(0) !== BRACKET) return false
  const [groups, others] = [ipv6Groups(a.slice(1, -1)), ipv6Groups(b.slice(1, -1))]
  return groups !== undefined && groups.join() === others?.join()
}

const BRACKET = 0x5b

/** An escaped piece in the one form that all equivalent ones share: escapes are kept of reserved characters only. */
export function normalized(escaped: string | undefined): string | undefined {
  if (escaped === undefined || !escaped.includes('%')) return escaped
  let normal = ''
  for (let i = 0; i < escaped.length; i++) {
    if (escaped[i] !== '%') {
      normal += escaped[i]
      continue
    }
    const code = Number.parseInt(escaped.slice(i + 1, i + 3), 16)
    const character = String.fromCharCode(code)
    normal += RESERVED.includes(character) ? escaped.slice(i, i + 3).toUpperCase() : character
    i += 2
  }
  return normal
}

const RESERVED = ';/?:@&=+$,%'

// These count even when only one URI has them; others do only when both have them (RFC 3261 §19.1.4).
const ALWAYS_COMPARED = ['transport', 'user', 'ttl', 'method', 'maddr']

/** Whether the parameters of two SIP URIs let them be equal. */
export function sameParams(a: Params, b: Params): boolean {
  if (a.size === 0 && b.size === 0) return true
  for (const name of ALWAYS_COMPARED) if (a.has(name) !== b.has(name)) return false
  const others = indexed(b)
  for (const [name, value] of a) {
    const other = others.get(name.toLowerCase())
    if (other !== undefined && !sameValue(value, other)) return false
  }
  return true
}

/** Whether both hold the same names with the same values, in any order. */
export function sameInAnyOrder(a: Params, b: Params): boolean {
  if (a.size !== b.size) return false
  const others = indexed(b)
  for (const [name, value] of a) {
    const other = others.get(name.toLowerCase())
    if (other === undefined || !sameValue(value, other)) return false
  }
  return true
}

function indexed(params: Params): Map<string, string | null> {
  const index = new Map<string, string | null>()
  for (const [name, value] of params) if (!index.has(name.toLowerCase())) index.set(name.toLowerCase(), value)
  return index
}

function sameValue(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && equalsIgnoringCase(a, b))
}
