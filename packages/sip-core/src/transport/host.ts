const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39

/** Whether `host` is an IPv4 or IPv6 literal (without brackets) rather than a name. */
export function isNumeric(host: string): boolean {
  if (host.includes(':')) return true
  let dots = 0
  let digits = 0
  let value = 0
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i)
    if (code === DOT && digits > 0) {
      dots++
      digits = value = 0
    } else if (code >= ZERO && code <= NINE) {
      digits++
      value = 10 * value + code - ZERO
      if (digits > 3 || value > 255) return false
    } else return false
  }
  return dots === 3 && digits > 0
}

/** An IPv6 reference without its brackets; any other host as it is. */
export function unbracketed(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
