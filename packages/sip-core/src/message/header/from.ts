import type { HeaderCodec } from '../header-codec.ts'
import type { NameAddr } from '../name-addr.ts'
import { addressHeader } from './values.ts'

/** From (RFC 3261 §20.20): who sends the request; its `tag` names the sender's half of the dialog. */
export const From: HeaderCodec<NameAddr> = addressHeader('From')
