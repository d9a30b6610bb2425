export type { AuthRole } from './auth-place.ts'
export type { Credentials, CredentialsRequest, CredentialsSource, DigestSecret } from './credentials.ts'
export { type DigestQop, digestHa1 } from './digest.ts'
export type { DigestAlgorithm, DigestHash } from './digest-algorithm.ts'
export {
  type Authenticated,
  DigestAuthenticator,
  type DigestAuthenticatorInit,
  type DigestUser,
  type UserQuery,
  type Verdict,
} from './digest-authenticator.ts'
export { DigestClient, type DigestClientInit, type ServerProof } from './digest-client.ts'
export { requireAuth } from './require-auth.ts'
