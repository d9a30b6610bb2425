import { ArgumentError } from '../../base/errors.ts'
import { isMadeOf, PARAM_VALUE } from '../chars.ts'
import { quote } from '../cursor.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'
import { textToWire, wireToText } from '../wire.ts'

/** Why a response says what it says, for people and logs. */
export interface WarningValue {
  /** 100 to 999; those of SIP begin at 300. */
  readonly code: number
  /** Who warns: a host with or without port, or a made-up name. */
  readonly agent: string
  readonly text: string
}

/**
 * Warning (RFC 3261 §20.43).
 *
 * @see pjsip_warning_hdr_create
 */
export const Warning: HeaderCodec<WarningValue> = defineHeader<WarningValue>({
  name: 'Warning',
  kind: 'list',
  parse(cursor) {
    const start = cursor.at
    const code = cursor.uint('a warning code', 999)
    if (cursor.at - start !== 3) {
      cursor.at = start
      cursor.fail('a warning code of three digits')
    }
    if (!cursor.eat(0x20)) cursor.fail('a space behind the warning code')
    cursor.skipWs()
    const agent = cursor.run(PARAM_VALUE, 'who warns')
    cursor.skipWs()
    return { code, agent, text: wireToText(cursor.quoted('the text of the warning in quotes')) }
  },
  print({ code, agent, text }) {
    if (Number.isInteger(code) && code >= 100 && code <= 999 && isMadeOf(agent, PARAM_VALUE))
      return `${code} ${agent} ${quote(textToWire(text))}`
    throw new ArgumentError(`Warning cannot be ${code} ${JSON.stringify(agent)}`)
  },
})
