import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { type AuthParams, readAuthParams } from './auth-params.ts'

/**
 * Authentication-Info (RFC 3261 §20.6, RFC 7615): in the response to a request whose credentials were taken, what
 * proves the server (`rspauth`) and what to use next (`nextnonce`).
 */
export const AuthenticationInfo: HeaderCodec<AuthParams> = infoHeader('Authentication-Info')

/** Proxy-Authentication-Info (RFC 7615 §4): the same of a proxy. */
export const ProxyAuthenticationInfo: HeaderCodec<AuthParams> = infoHeader('Proxy-Authentication-Info')

function infoHeader(name: string): HeaderCodec<AuthParams> {
  return defineHeader<AuthParams>({
    name,
    kind: 'lines',
    parse: readAuthParams,
    print: (value) => value.toWire(),
  })
}
