import type { HeaderCodec } from '../header-codec.ts'
import type { Params } from '../params.ts'
import { parameterizedHeader } from './values.ts'

/** A way to secure the first hop (RFC 3329 §2.2). */
export interface SecurityMechanism {
  /** `tls`, `digest`, `ipsec-ike`, `ipsec-man`, `ipsec-3gpp`, ... */
  readonly mechanism: string
  /** `q` (the {@link quality}), `d-alg`, `d-qop`, `d-ver`, ... */
  readonly params: Params
}

/** A header of security mechanisms. */
export function securityHeader(name: string): HeaderCodec<SecurityMechanism> {
  return parameterizedHeader(name, 'mechanism', { kind: 'list' })
}
