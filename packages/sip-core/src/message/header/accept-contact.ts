import type { HeaderCodec } from '../header-codec.ts'
import { type ContactPredicate, predicateHeader } from './contact-predicate.ts'

/** Accept-Contact (RFC 3841 §9.2): which of the callee's devices the caller would like to reach. */
export const AcceptContact: HeaderCodec<ContactPredicate> = predicateHeader('Accept-Contact')
