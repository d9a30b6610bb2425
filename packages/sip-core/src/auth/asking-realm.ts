import type { SipResponse } from '../message/index.ts'
import { AUTH_PLACES, type AuthPlace } from './auth-place.ts'
import { type AnswerableChallenge, readDigestChallenge } from './digest-challenge.ts'

/** What one realm asks for in a response. */
export interface AskingRealm {
  /** Tells realms apart: a server and a proxy may call theirs alike. */
  readonly key: string
  readonly place: AuthPlace
  readonly realm: string
  /** Its challenges that can be answered, the strongest first. */
  readonly offers: readonly AnswerableChallenge[]
  /** It took the credentials for right, but their nonce is not good any more. */
  readonly stale: boolean
}

/**
 * The realms that ask for credentials in a response. Both headers are looked at, whatever the status is: a proxy that
 * forked puts what it got from everywhere into one response (RFC 3261 §16.7).
 *
 * @param integrity see `readDigestChallenge`
 */
export function askingRealms({ headers }: SipResponse, integrity: boolean): readonly AskingRealm[] {
  const realms = new Map<string, { place: AuthPlace; realm: string; offers: AnswerableChallenge[] }>()
  for (const place of Object.values(AUTH_PLACES)) {
    for (const value of headers.getAll(place.challenge)) {
      const challenge = readDigestChallenge(value, integrity)
      if (challenge === undefined) continue
      const { realm } = challenge
      const key = realmKey(place, realm)
      const asking = realms.get(key) ?? { place, realm, offers: [] }
      asking.offers.push(challenge)
      realms.set(key, asking)
    }
  }
  return [...realms].map(([key, { place, realm, offers }]) => ({
    key,
    place,
    realm,
    offers: offers.sort((a, b) => b.parts.strength - a.parts.strength),
    stale: offers.some(({ stale }) => stale),
  }))
}

/** See `AskingRealm.key`. */
export function realmKey({ role }: AuthPlace, realm: string): string {
  return `${role} ${realm}`
}
