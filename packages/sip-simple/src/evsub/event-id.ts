import { EventValue } from '../header/index.ts'

/** The Event of a package with this id, if it has one. */
export function eventOf(packageName: string, id: string | undefined): EventValue {
  return new EventValue({ package: packageName, params: id === undefined ? undefined : { id } })
}

/**
 * Which NOTIFYs belong to a subscription: the `id` parameter of Event (RFC 6665 §8.2.1).
 *
 * A SUBSCRIBE names the id, and it is compared byte by byte. A REFER names none; the notifier then gives the CSeq
 * number of the REFER, or nothing for the first REFER of a dialog (RFC 3515 §2.4.6). Some give nothing ever, and
 * behind a back-to-back user agent the number is another: so the first NOTIFY that is nobody else's counts.
 */
export class EventId {
  readonly #numbers: (() => number)[] = []
  #known: { readonly id: string | undefined } | undefined

  private constructor(known: { readonly id: string | undefined } | undefined) {
    this.#known = known
  }

  /** One that the subscriber names; undefined: none. */
  static named(id: string | undefined): EventId {
    return new EventId({ id })
  }

  /** One that the notifier gives. */
  static given(): EventId {
    return new EventId(undefined)
  }

  /** Whether it is not known yet. */
  get isOpen(): boolean {
    return this.#known === undefined
  }

  /** The id as far as it is known. */
  get value(): string | undefined {
    return this.#known?.id
  }

  /**
   * A request with this CSeq number has asked for the subscription; its number is an id for it. It becomes another
   * one when the request is sent again with credentials.
   */
  addNumber(seq: () => number): void {
    this.#numbers.push(seq)
  }

  /** Whether a NOTIFY with this id certainly belongs to the subscription. */
  claims(id: string | undefined): boolean {
    if (this.#known !== undefined && this.#known.id === id) return true
    return this.#numbers.some((seq) => String(seq()) === id)
  }

  /** A NOTIFY with this id belongs to the subscription. */
  learn(id: string | undefined): void {
    this.#known ??= { id }
  }
}
