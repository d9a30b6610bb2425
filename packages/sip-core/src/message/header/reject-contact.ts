import type { HeaderCodec } from '../header-codec.ts'
import { type ContactPredicate, predicateHeader } from './contact-predicate.ts'

/** Reject-Contact (RFC 3841 §9.3): which of the callee's devices the caller would not like to reach. */
export const RejectContact: HeaderCodec<ContactPredicate> = predicateHeader('Reject-Contact')
