import {
  DigestAuthenticator,
  type DigestAuthenticatorInit,
  type DigestUser,
  type Endpoint,
  type EndpointModule,
  type Received,
} from 'sip-core'

type Role = 'server' | 'proxy'

/** Stands before the dialogs of an endpoint and lets no request pass that has not proved who sent it. */
export class Guard implements EndpointModule {
  readonly name = 'guard'
  // Behind the transactions, before the dialogs.
  readonly priority = 24
  readonly #endpoint: Endpoint
  readonly #authenticators: readonly DigestAuthenticator<DigestUser>[]

  /** @param roles as whom it asks, all at once; each has a realm of its own */
  constructor(
    endpoint: Endpoint,
    roles: readonly Role[],
    init: Partial<DigestAuthenticatorInit<DigestUser>> = {},
  ) {
    this.#endpoint = endpoint
    const { clock, random } = endpoint
    const lookup = ({ username }: { username: string }): DigestUser => ({ password: `${username}'s secret` })
    this.#authenticators = roles.map(
      (role) => new DigestAuthenticator({ clock, random, realm: `the ${role}`, role, lookup, ...init }),
    )
    endpoint.use(this)
  }

  receive(received: Received): boolean {
    if (received.type === 'response') return false
    const { method } = received.message
    if (method === 'ACK' || method === 'CANCEL') return false
    const headers: Record<string, readonly string[]> = {}
    let status: number | undefined
    for (const verdict of this.#authenticators.map((authenticator) => authenticator.verify(received))) {
      if (verdict instanceof Promise) throw new Error('the look-up took its time')
      if (verdict.type === 'ok') continue
      status ??= verdict.status
      Object.assign(headers, verdict.headers)
    }
    if (status === undefined) return false
    this.#endpoint.respond(received, status, { headers })
    return true
  }
}
