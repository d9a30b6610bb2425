import { DIGIT, HEX, isMadeOf } from './chars.ts'

/** The eight numbers of an IPv6 address (RFC 4291 §2.2), given without brackets; `undefined` if it is none. */
export function ipv6Groups(address: string): readonly number[] | undefined {
  const [before, after, ...more] = address.split('::')
  if (before === undefined || more.length > 0) return undefined
  const head = groupsOf(before, after === undefined)
  if (head === undefined) return undefined
  if (after === undefined) return head.length === 8 ? head : undefined
  const tail = groupsOf(after, true)
  if (tail === undefined || head.length + tail.length > 7) return undefined
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

// The groups of what stands on one side of the '::'; only the last one of all may be an IPv4 address.
function groupsOf(text: string, last: boolean): readonly number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (part.length <= 4 && isMadeOf(part, HEX)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const octets = last && i === parts.length - 1 ? ipv4Octets(part) : undefined
    if (octets === undefined) return undefined
    const [a = 0, b = 0, c = 0, d = 0] = octets
    groups.push(a * 256 + b, c * 256 + d)
  }
  return groups
}

function ipv4Octets(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  // No leading zeros: some take what has them for octal.
  const isOctet = (part: string) =>
    isMadeOf(part, DIGIT) && Number(part) <= 255 && part === String(Number(part))
  return parts.length === 4 && parts.every(isOctet) ? parts.map(Number) : undefined
}
