import {
  AuthenticationInfo,
  Authorization,
  type AuthParams,
  type AuthValue,
  type HeaderCodec,
  ProxyAuthenticate,
  ProxyAuthenticationInfo,
  ProxyAuthorization,
  WWWAuthenticate,
} from '../message/index.ts'

/** Who asks for credentials: the server that the request is for, or a proxy on the way. */
export type AuthRole = 'server' | 'proxy'

/** The same thing under two names: how a server and how a proxy asks, is answered and confirms. */
export interface AuthPlace {
  readonly role: AuthRole
  readonly status: 401 | 407
  readonly challenge: HeaderCodec<AuthValue>
  readonly credentials: HeaderCodec<AuthValue>
  readonly info: HeaderCodec<AuthParams>
}

export const AUTH_PLACES: Readonly<Record<AuthRole, AuthPlace>> = {
  server: {
    role: 'server',
    status: 401,
    challenge: WWWAuthenticate,
    credentials: Authorization,
    info: AuthenticationInfo,
  },
  proxy: {
    role: 'proxy',
    status: 407,
    challenge: ProxyAuthenticate,
    credentials: ProxyAuthorization,
    info: ProxyAuthenticationInfo,
  },
}
