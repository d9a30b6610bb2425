import { ArgumentError } from '../base/errors.ts'
import { isToken } from './chars.ts'
import type { Params } from './params.ts'

/** A number, or a range of numbers whose ends may be open (RFC 3840 §9). */
export interface NumericRange {
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/** One of the values that a feature tag may take. */
export interface FeatureTerm {
  /** Written with a `!` before it. */
  readonly not?: boolean | undefined
  /** A token, `TRUE` or `FALSE`, or numbers. */
  readonly value: string | boolean | NumericRange
}

/** What a feature tag says: one of several values, or a string that is compared as it stands. */
export type Feature =
  | { readonly type: 'terms'; readonly terms: readonly FeatureTerm[] }
  | { readonly type: 'string'; readonly text: string }

// The tags that are written without a `+` (RFC 3840 §9).
const BASE_TAGS: ReadonlySet<string> = new Set([
  ...['audio', 'automata', 'class', 'duplex', 'data', 'control', 'mobility', 'description', 'events'],
  ...['priority', 'methods', 'schemes', 'application', 'video', 'language', 'type', 'isfocus', 'actor'],
  ...['text', 'extensions'],
])

/** Whether a parameter of a Contact, Accept-Contact or Reject-Contact is a feature tag (RFC 3840 §9). */
export function isFeatureTag(name: string): boolean {
  return name.startsWith('+') ? name.length > 1 : BASE_TAGS.has(name.toLowerCase())
}

/**
 * The feature tags among parameters, by their names in lower case and without their `+`. One whose value cannot be
 * read is left out. A tag without a value says `TRUE`.
 */
export function featuresOf(params: Params): ReadonlyMap<string, Feature> {
  const features = new Map<string, Feature>()
  for (const [name, value] of params) {
    const key = name.toLowerCase().replace('+', '')
    const feature = isFeatureTag(name) && !features.has(key) ? readFeature(value) : undefined
    if (feature !== undefined) features.set(key, feature)
  }
  return features
}

/**
 * The parameters with a feature tag set; those of RFC 3840 are written as they are, others get their `+`.
 *
 * @throws ArgumentError when it cannot be written
 */
export function withFeature(params: Params, tag: string, feature: Feature): Params {
  const name = isFeatureTag(tag) ? tag : `+${tag}`
  if (feature.type === 'string') return params.withQuoted(name, `<${checkedString(feature.text)}>`)
  if (feature.terms.length === 0) throw new ArgumentError(`The feature ${tag} needs a value`)
  const [first] = feature.terms
  if (feature.terms.length === 1 && first?.value === true && !first.not) return params.with(name, null)
  return params.withQuoted(name, feature.terms.map(printTerm).join(','))
}

function readFeature(value: string | null): Feature | undefined {
  if (value === null) return { type: 'terms', terms: [{ value: true }] }
  if (value.startsWith('<'))
    return value.endsWith('>') ? { type: 'string', text: value.slice(1, -1) } : undefined
  const terms = value.split(',').map(readTerm)
  return terms.every((term) => term !== undefined) ? { type: 'terms', terms } : undefined
}

function readTerm(written: string): FeatureTerm | undefined {
  const text = written.trim()
  if (!text.startsWith('!')) {
    const value = readValue(text)
    return value === undefined ? undefined : { value }
  }
  const value = readValue(text.slice(1))
  return value === undefined ? undefined : { not: true, value }
}

function readValue(text: string): FeatureTerm['value'] | undefined {
  if (text.startsWith('#')) return readRange(text.slice(1))
  const upper = text.toUpperCase()
  if (upper === 'TRUE' || upper === 'FALSE') return upper === 'TRUE'
  return isToken(text) ? text : undefined
}

function readRange(text: string): NumericRange | undefined {
  if (text.startsWith('>=')) return range(text.slice(2), undefined)
  if (text.startsWith('<=')) return range(undefined, text.slice(2))
  if (text.startsWith('=')) return range(text.slice(1), text.slice(1))
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : range(text.slice(0, colon), text.slice(colon + 1))
}

const NUMBER = /^[+-]?\d{1,100}(\.\d{0,100})?$/

function range(min: string | undefined, max: string | undefined): NumericRange | undefined {
  if ((min !== undefined && !NUMBER.test(min)) || (max !== undefined && !NUMBER.test(max))) return undefined
  return {
    ...(min === undefined ? {} : { min: Number(min) }),
    ...(max === undefined ? {} : { max: Number(max) }),
  }
}

function printTerm({ not, value }: FeatureTerm): string {
  return `${not ? '!' : ''}${typeof value === 'object' ? printRange(value) : printValue(value)}`
}

function printValue(value: string | boolean): string {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (isToken(value) && !value.startsWith('!')) return value
  throw new ArgumentError(`${JSON.stringify(value)} is no value of a feature`)
}

function printRange({ min, max }: NumericRange): string {
  if (min !== undefined && max !== undefined)
    return min === max ? `#=${decimal(min)}` : `#${decimal(min)}:${decimal(max)}`
  if (min !== undefined) return `#>=${decimal(min)}`
  if (max !== undefined) return `#<=${decimal(max)}`
  throw new ArgumentError('A range of numbers needs an end')
}

function decimal(number: number): string {
  const text = String(number)
  if (NUMBER.test(text)) return text
  throw new ArgumentError(`${text} cannot be written in a feature`)
}

function checkedString(text: string): string {
  if (!text.includes('<') && !text.includes('>')) return text
  throw new ArgumentError(`${JSON.stringify(text)} cannot be written in a feature: it holds < or >`)
}
