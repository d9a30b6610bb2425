import { isToken } from './chars.ts'

/** The method of a request: the registered ones by name, and any other token. Case counts. */
export type Method =
  | 'INVITE'
  | 'ACK'
  | 'BYE'
  | 'CANCEL'
  | 'REGISTER'
  | 'OPTIONS'
  | 'PRACK'
  | 'SUBSCRIBE'
  | 'NOTIFY'
  | 'PUBLISH'
  | 'INFO'
  | 'REFER'
  | 'MESSAGE'
  | 'UPDATE'
  | (string & {})

/** Whether `text` can be a method: any token can (RFC 3261 §7.1). */
export function isMethod(text: string): text is Method {
  return isToken(text)
}
