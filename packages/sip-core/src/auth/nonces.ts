import { hmac } from '@noble/hashes/hmac'
import { sha256 } from '@noble/hashes/sha2'
import { bytesToHex } from '@noble/hashes/utils'
import type { Clock } from '../base/clock.ts'
import { type Random, randomToken } from '../base/random.ts'
import { textToBytes } from '../message/index.ts'
import { equalsInConstantTime } from './digest.ts'

/** How nonces are made and counted. */
export interface NoncesInit {
  readonly clock: Clock
  readonly random: Random
  /** What nonces are signed with. */
  readonly secret: string
  /** How long a nonce is good, in milliseconds. */
  readonly lifetime: number
  /** How many nonces in use are kept count of. */
  readonly capacity: number
}

/** Which counts of a nonce have been seen. */
interface Window {
  readonly issued: number
  readonly highest: number
  /** Bit n: `highest - n` has been seen. */
  readonly seen: number
}

// Requests of one peer overtake each other on UDP and on their ways over proxies, so that counts may come out of
// order; each is good once. RFC 7616 §3.4 asks for nothing more: it is repeating that is refused.
const WINDOW = 32

/**
 * Nonces that need no memory until a peer has proved that it knows a password with one: each carries the time it was
 * made and a signature. So nobody can fill the memory who is nobody here.
 *
 * From then on its counts are kept until it is too old. When there are too many, the first ones used are forgotten,
 * and with them every nonce that is as old: what is not known any more cannot be told from what was never used, and
 * is stale.
 */
export class Nonces {
  readonly #init: NoncesInit
  readonly #key: Uint8Array
  readonly #windows = new Map<string, Window>()
  // No nonce is good that was issued then or before, unless it is kept count of.
  #forgotten = Number.NEGATIVE_INFINITY

  constructor(init: NoncesInit) {
    this.#init = init
    this.#key = textToBytes(init.secret)
  }

  /** A new one. */
  issue(): string {
    const { clock, random } = this.#init
    const content = `${clock.date().toString(36)}.${randomToken(random)}`
    return `${content}.${this.#sign(content)}`
  }

  /** When a nonce was issued, in milliseconds since 1970; undefined if it was not made here. */
  issued(nonce: string): number | undefined {
    const end = nonce.lastIndexOf('.')
    const content = nonce.slice(0, Math.max(end, 0))
    if (!equalsInConstantTime(nonce.slice(end + 1), this.#sign(content))) return undefined
    return Number.parseInt(content, 36)
  }

  /** For how much of its life a nonce has lived: 0 when it is new, 1 or more when it is too old. */
  age(issued: number): number {
    return Math.abs(this.#init.clock.date() - issued) / this.#init.lifetime
  }

  /**
   * Uses a nonce for the `count`th time.
   *
   * @param issued from `issued`
   * @returns whether that is new, and the nonce not too old
   */
  use(nonce: string, issued: number, count: number): boolean {
    if (this.age(issued) >= 1) return false
    const window = this.#windows.get(nonce)
    if (window === undefined && issued <= this.#forgotten) return false
    const next = counted(window ?? { issued, highest: 0, seen: 0 }, count)
    if (next === undefined) return false
    this.#windows.set(nonce, next)
    if (window === undefined) this.#forget()
    return true
  }

  #forget(): void {
    for (const [nonce, { issued }] of this.#windows) {
      const tooOld = this.age(issued) >= 1
      if (!tooOld && this.#windows.size <= this.#init.capacity) return
      if (!tooOld) this.#forgotten = Math.max(this.#forgotten, issued)
      this.#windows.delete(nonce)
    }
  }

  #sign(content: string): string {
    return bytesToHex(hmac(sha256, this.#key, textToBytes(content))).slice(0, 32)
  }
}

function counted({ issued, highest, seen }: Window, count: number): Window | undefined {
  const ahead = count - highest
  if (ahead > 0) return { issued, highest: count, seen: ahead >= WINDOW ? 1 : ((seen << ahead) | 1) >>> 0 }
  if (ahead <= -WINDOW) return undefined
  const bit = 2 ** -ahead
  return Math.floor(seen / bit) % 2 === 1 ? undefined : { issued, highest, seen: seen + bit }
}
