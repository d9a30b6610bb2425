import { Accept, Allow, type Headers, Supported } from '../message/index.ts'

// Its codec stands in the package above.
const ALLOW_EVENTS = 'Allow-Events'

/**
 * What an endpoint can do, gathered from what is installed on it: each package adds its methods and option tags.
 * Fills Allow, Supported and Accept (RFC 3261 §20.5, §20.37, §20.1).
 *
 * @see pjsip_endpt_add_capability
 */
export class Capabilities {
  /** Methods that somebody here takes; Allow. */
  readonly methods = new Set<string>(['OPTIONS'])
  /** Option tags that somebody here understands; Supported. */
  readonly extensions = new Set<string>()
  /** Event packages that somebody here knows; Allow-Events (RFC 6665 §8.2.2). */
  readonly events = new Set<string>()
  /** Content types that somebody here reads; Accept. */
  readonly contentTypes = new Set<string>()

  /**
   * Writes Allow and, where there is something to say, Supported and Allow-Events. What stands there already stays:
   * an application may offer less, or more, in a single message.
   */
  describe(headers: Headers): void {
    if (!headers.has(Allow)) headers.setAll(Allow, [...this.methods])
    if (this.extensions.size > 0 && !headers.has(Supported)) headers.setAll(Supported, [...this.extensions])
    if (this.events.size > 0 && !headers.has(ALLOW_EVENTS))
      headers.set(ALLOW_EVENTS, [...this.events].join(', '))
  }

  /**
   * Writes all of it, what there is nothing of included, as an answer to OPTIONS does (RFC 3261 §11.2). Bodies come
   * uncompressed, and reason phrases are in English.
   */
  describeFully(headers: Headers): void {
    this.describe(headers)
    if (!headers.has(Supported)) headers.setAll(Supported, [])
    headers.set(Accept.name, [...this.contentTypes].join(', '))
    headers.set('Accept-Encoding', 'identity')
    headers.set('Accept-Language', 'en')
  }
}
