import { networkInterfaces } from 'node:os'
import type { Address } from '../transport/index.ts'

/**
 * What peers are told in Via and Contact by a transport that is bound to an address.
 *
 * @param known what the application knows better, for a host behind a NAT with a known mapping
 */
export function advertised(
  bound: { readonly address: string; readonly port: number },
  known: Partial<Address> = {},
): Address {
  return { host: known.host ?? reachable(bound.address), port: known.port ?? bound.port }
}

// A wildcard address is no place to send to: name the first interface that leads outside, or else this machine.
function reachable(bound: string): string {
  if (bound !== '0.0.0.0' && bound !== '::') return bound
  const wanted = bound === '::' ? 'IPv6' : 'IPv4'
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    // A link-local address means nothing without the name of its interface.
    .find(({ address, family, internal }) => family === wanted && !internal && !address.startsWith('fe80:'))
  return outward?.address ?? (wanted === 'IPv6' ? '::1' : '127.0.0.1')
}
