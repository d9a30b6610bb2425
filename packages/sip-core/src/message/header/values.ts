/** Headers whose values have a common form: addresses, numbers, tokens, text. */

import { ArgumentError } from '../../base/errors.ts'
import { isToken } from '../chars.ts'
import type { Cursor } from '../cursor.ts'
import { defineHeader, type HeaderCodec, type HeaderKind } from '../header-codec.ts'
import { type NameAddr, readNameAddr } from '../name-addr.ts'
import { type Params, parseParams } from '../params.ts'
import { textToWire, wireToText } from '../wire.ts'

/** A header of one name-addr (From, Refer-To). */
export function addressHeader(name: string): HeaderCodec<NameAddr> {
  return defineHeader<NameAddr>({
    name,
    kind: 'single',
    parse: readNameAddr,
    print: (value) => value.toWire(),
  })
}

/** A header of name-addrs, each on a line of its own (Route). */
export function addressListHeader(name: string): HeaderCodec<NameAddr> {
  return defineHeader<NameAddr>({
    name,
    kind: 'list',
    linePerValue: true,
    parse: readNameAddr,
    print: (value) => value.toWire(),
  })
}

/** A header of one decimal number from 0 to `max`. */
export function numberHeader(name: string, max: number): HeaderCodec<number> {
  return defineHeader<number>({
    name,
    kind: 'single',
    parse: (cursor) => cursor.uint('a number', max),
    print(value) {
      if (Number.isInteger(value) && value >= 0 && value <= max) return String(value)
      throw new ArgumentError(`${name} cannot be ${value}: it takes whole numbers up to ${max}`)
    },
  })
}

/** A header of one token. */
export function tokenHeader(name: string): HeaderCodec<string> {
  return defineHeader<string>({ name, kind: 'single', ...tokenValue(name) })
}

/** A header of tokens separated by commas. */
export function tokenListHeader(name: string, options: { mayBeEmpty?: boolean } = {}): HeaderCodec<string> {
  return defineHeader<string>({ name, kind: 'list', ...options, ...tokenValue(name) })
}

function tokenValue(name: string) {
  return {
    parse: (cursor: Cursor) => cursor.token('a token'),
    print(value: string) {
      if (isToken(value)) return value
      throw new ArgumentError(`${JSON.stringify(value)} is no token for ${name}`)
    },
  }
}

/** A token, called `K`, with parameters. */
export type Parameterized<K extends string> = { readonly [key in K]: string } & { readonly params: Params }

/** A header whose values are tokens with parameters; `key` is what the token is called in a value. */
export function parameterizedHeader<K extends string>(
  name: string,
  key: K,
  options: { readonly kind: 'single' | 'list'; readonly mayBeEmpty?: boolean },
): HeaderCodec<Parameterized<K>> {
  return defineHeader<Parameterized<K>>({
    name,
    ...options,
    parse: (cursor) => ({ [key]: cursor.token('a token'), params: parseParams(cursor) }) as Parameterized<K>,
    print(value) {
      const token: string = value[key]
      if (isToken(token)) return token + value.params.toWire()
      throw new ArgumentError(`${JSON.stringify(token)} is no ${key} for ${name}`)
    },
  })
}

/** A header of free text. */
export function textHeader(name: string, kind: HeaderKind = 'single'): HeaderCodec<string> {
  return defineHeader<string>({
    name,
    kind,
    parse: (cursor) => wireToText(cursor.rest()),
    print: (value) => textToWire(value),
  })
}
