import { type HeaderCodec, headerKey } from './header-codec.ts'

/** Finds the codec of a header line by the hash of its name. */
export class HeaderTable {
  readonly #byHash = new Map<number, readonly HeaderCodec<unknown>[]>()

  constructor(headers: Iterable<HeaderCodec<unknown>>) {
    for (const header of headers) {
      this.#byHash.set(header.hash, [header, ...(this.#byHash.get(header.hash) ?? [])])
    }
  }

  /** The codec for the name from `start` to `end`, whose hash (of its long form) is `hash`. */
  find(text: string, start: number, end: number, hash: number): HeaderCodec<unknown> | undefined {
    const candidates = this.#byHash.get(hash)
    if (candidates === undefined) return undefined
    for (const header of candidates) if (isNamed(text, start, end, header.key)) return header
    return undefined
  }
}

/** Whether the name from `start` to `end` is a form of `key`. */
export function isNamed(text: string, start: number, end: number, key: string): boolean {
  if (end - start === 1 && key.length > 1) return headerKey(text.slice(start, end)) === key
  if (end - start !== key.length) return false
  for (let i = 0; i < key.length; i++) {
    const code = text.charCodeAt(start + i)
    const lower = code >= 65 && code <= 90 ? code + 32 : code
    if (lower !== key.charCodeAt(i)) return false
  }
  return true
}
