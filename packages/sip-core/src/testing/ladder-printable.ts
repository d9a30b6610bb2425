// Characters that show nothing, break the line or turn the writing direction: a peer's bytes must not be able to
// command a terminal or to shift what stands beside them.
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const COMBINING = /\p{M}/u

/** The text with everything that a terminal would not show as a character written as an escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) as number
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** How many columns of a terminal one printable character takes. */
export function cellsOf(character: string): number {
  const code = character.codePointAt(0) as number
  if (code < 0x300) return 1
  if (COMBINING.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** How many columns of a terminal a printable text takes. */
export function cells(text: string): number {
  let sum = 0
  for (const character of text) sum += cellsOf(character)
  return sum
}

/** The text, cut where it takes more than `room` columns; the ellipsis counts. */
export function fit(text: string, room: number, ellipsis = '…'): string {
  if (cells(text) <= room) return text
  let kept = ''
  let left = room - cells(ellipsis)
  for (const character of text) {
    left -= cellsOf(character)
    if (left < 0) break
    kept += character
  }
  return room < cells(ellipsis) ? '' : kept + ellipsis
}
