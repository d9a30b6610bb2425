/** A hash of 64 bits in 14 characters that may stand in a branch and survive a change of case: FNV-1a, twice. */
export function hash(text: string): string {
  return fnv1a(text, 0x811c9dc5) + fnv1a(text, 0xc2b2ae35)
}

function fnv1a(text: string, basis: number): string {
  let hash = basis
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(36).padStart(7, '0')
}
