import { ArgumentError } from '../base/errors.ts'
import { DIGIT, equalsIgnoringCase, isMadeOf, PHONE } from './chars.ts'
import { Params, type ParamsInit } from './params.ts'

/** What a `tel:` URI is made of. */
export interface TelUriInit {
  /** Global (`+` and digits) or local; visual separators `-.()` are allowed. */
  readonly number: string
  /** `phone-context`, without which a local number means little; `ext`, `isub`, ... */
  readonly params?: ParamsInit | undefined
}

const NO_PARAMS = Params.of({}, 'uri')

/**
 * `tel:` URIs (RFC 3966). Immutable.
 *
 * @see pjsip_tel_uri
 */
export class TelUri {
  readonly type = 'tel'
  readonly scheme = 'tel'
  /** As written, visual separators included. */
  readonly number: string
  readonly params: Params

  /** @throws ArgumentError when the number is none */
  constructor(init: TelUriInit) {
    if (!isPhoneNumber(init.number))
      throw new ArgumentError(`${JSON.stringify(init.number)} is no telephone number`)
    this.number = init.number
    this.params = init.params === undefined ? NO_PARAMS : Params.of(init.params, 'uri')
  }

  /** The number without visual separators, letters in lower case: `+12015550123`, `*69`. */
  get digits(): string {
    return withoutSeparators(this.number)
  }

  /** Whether the number is the same wherever it is dialled: it begins with `+`. */
  get isGlobal(): boolean {
    return this.number.startsWith('+')
  }

  /** `phone-context`: where a local number is valid, a domain or the beginning of a global number. */
  get context(): string | undefined {
    return this.params.get('phone-context') ?? undefined
  }

  /** `ext`: the extension to dial once the number has answered, without visual separators. */
  get extension(): string | undefined {
    const extension = this.params.get('ext') ?? undefined
    return extension === undefined ? undefined : withoutSeparators(extension)
  }

  /** `isub`: the ISDN subaddress. */
  get subaddress(): string | undefined {
    return this.params.get('isub') ?? undefined
  }

  toString(): string {
    return `tel:${this.number}${this.params.toWire()}`
  }

  /**
   * Whether both name the same line (RFC 3966 §5): the same number, and the same parameters in any order. Visual
   * separators do not count in the number, in `ext`, and in a `phone-context` that is a number; case counts nowhere.
   */
  equals(other: { readonly type: string }): boolean {
    if (!(other instanceof TelUri)) return false
    return this.digits === other.digits && sameParams(comparable(this.params), comparable(other.params))
  }
}

/** Whether `text` is a global or a local number. */
export function isPhoneNumber(text: string): boolean {
  if (!isMadeOf(text, PHONE)) return false
  const digits = withoutSeparators(text)
  const from = digits.startsWith('+') ? 1 : 0
  return digits.length > from && !digits.includes('+', 1) && (from === 0 || isMadeOf(digits.slice(1), DIGIT))
}

function withoutSeparators(number: string): string {
  let digits = ''
  for (const character of number.toLowerCase()) if (!'-.()'.includes(character)) digits += character
  return digits
}

// By their names; the values as they are compared.
function comparable(params: Params): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of params) {
    const key = name.toLowerCase()
    const isNumber = key === 'ext' || (key === 'phone-context' && value?.startsWith('+'))
    if (!values.has(key)) values.set(key, isNumber ? withoutSeparators(value ?? '') : (value ?? ''))
  }
  return values
}

function sameParams(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) {
    const other = b.get(name)
    if (other === undefined || !equalsIgnoringCase(value, other)) return false
  }
  return true
}
