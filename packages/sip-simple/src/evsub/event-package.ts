/**
 * What evsub has to know of an event package (RFC 6665 §5): the rest is the package's own business.
 *
 * @see pjsip_evsub_register_pkg
 */
export interface EventPackage {
  /** As it stands in Event, e.g. `'refer'`; compared byte by byte (RFC 6665 §8.2.1). */
  readonly name: string
  /** The content types that its NOTIFYs carry, the preferred one first; Accept. */
  readonly accept: readonly string[]
  /** Seconds that a subscription lasts when the subscriber names none. */
  readonly defaultExpires: number
  /** Seconds below which a subscriber is told 423. */
  readonly minExpires: number
  /** Seconds that a notifier grants at most, whatever the subscriber asks for. */
  readonly maxExpires: number
}
