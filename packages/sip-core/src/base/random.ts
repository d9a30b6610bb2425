/** Where randomness comes from: the system's in production, seeded in a test. */
export interface Random {
  /** A uniformly distributed integer from 0 to 2^32 - 1. Must be unpredictable to peers in production. */
  uint32(): number
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * A random token of `length` characters with 5 bits of randomness each, all lower-case letters and digits, so
 * that it may stand as a tag, a branch or a Call-ID and survives peers that fold case.
 *
 * @param length characters, 16 by default (80 bits; RFC 3261 §19.3 asks a tag for at least 32)
 */
export function randomToken(random: Random, length = 16): string {
  let token = ''
  let bits = 0
  let left = 0
  for (let i = 0; i < length; i++) {
    if (left === 0) {
      bits = random.uint32()
      left = 6
    }
    token += ALPHABET[bits & 31]
    bits >>>= 5
    left--
  }
  return token
}

/** A random number from `min` (included) to `max` (excluded). */
export function randomBetween(random: Random, min: number, max: number): number {
  return min + (random.uint32() / 0x1_0000_0000) * (max - min)
}
