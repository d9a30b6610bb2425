import fc from 'fast-check'
import { type HeaderCodec, Headers, parseMessage, textToBytes, textToWire, wireToText } from 'sip-core'
import { describe, expect, it } from 'vitest'
import { codecs } from './codecs.ts'
import { seen, values } from './values.ts'

const HEAD = [
  'MESSAGE sip:b@h SIP/2.0',
  'Via: SIP/2.0/UDP h;branch=z9hG4bKx',
  'From: <sip:a@h>;tag=1',
  'To: <sip:b@h>',
  'Call-ID: c',
  'CSeq: 1 MESSAGE',
]

/** The headers of a message with these lines, in place of those above of the same name. */
function received(codec: HeaderCodec<unknown>, lines: readonly string[]) {
  const others = HEAD.filter((line) => !line.startsWith(`${codec.name}: `))
  const result = parseMessage(textToBytes([...others, ...lines, '', ''].join('\r\n')))
  if (result.type === 'request') return result.request.headers
  throw result.type === 'response' ? new Error('a response') : result.error
}

describe('every typed header', () => {
  it('has values to try', () => {
    expect(Object.keys(values).sort()).toEqual(codecs.map(({ name }) => name).sort())
  })

  const cases = codecs
    // The parser looks at these before anything else, and not every value of theirs makes a whole message.
    .map((codec) => [codec.name, codec, values[codec.name] ?? fc.constant('')] as const)

  it.each(cases)('%s is printed and read back', (_, codec, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        const headers = new Headers().set(codec, value)
        const printed = headers.rawLines(codec)[0] as string
        const [read, ...others] = new Headers().set(codec.name, wireToText(printed)).getAll(codec)
        expect(others).toEqual([])
        expect(seen(read)).toEqual(seen(value))
        expect(codec.print(read)).toBe(printed)
      }),
      { numRuns: 50 },
    )
  })

  const free = cases.filter(([name]) => !['CSeq', 'Content-Length'].includes(name))

  it.each(free)(
    '%s reads the same on one line, on several, and in a message that came',
    (_, codec, arbitrary) => {
      const several = codec.kind === 'single' ? 1 : 4
      fc.assert(
        fc.property(fc.array(arbitrary, { minLength: 1, maxLength: several }), (all) => {
          // '*' stands alone.
          const some = all.includes('*') ? ['*'] : all
          const expected = some.map(seen)
          const name = codec.name
          const lines = some.map((value) => `${name}: ${wireToText(codec.print(value))}`)
          expect(received(codec, lines).getAll(codec).map(seen)).toEqual(expected)
          expect(new Headers().setAll(codec, some).getAll(codec).map(seen)).toEqual(expected)
          if (codec.kind !== 'list') return
          const oneLine = `${name}: ${wireToText(some.map((value) => codec.print(value)).join('\r\n , '))}`
          expect(received(codec, [oneLine]).getAll(codec).map(seen)).toEqual(expected)
        }),
        { numRuns: 30 },
      )
    },
  )

  it.each(cases)('%s never throws anything but a ParseError over what it reads', (_, codec, arbitrary) => {
    const bit = fc.constantFrom(...'"\\<>,;:=()*@%[]? \t0a', 'ü', '\0', '\r\n ')
    const edit = fc.tuple(fc.nat(40), fc.nat(3), bit)
    fc.assert(
      fc.property(arbitrary, fc.array(edit, { maxLength: 4 }), (value, edits) => {
        let wire = codec.print(value)
        for (const [at, length, put] of edits)
          wire = wire.slice(0, at) + textToWire(put) + wire.slice(at + length)
        const first = verdict(codec, wire)
        expect(verdict(codec, wire)).toEqual(first)
      }),
      { numRuns: 50 },
    )
  })
})

function verdict(codec: HeaderCodec<unknown>, wire: string): unknown {
  try {
    return received(codec, [`${codec.name}: ${wireToText(wire)}`])
      .getAll(codec)
      .map(seen)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SIP_PARSE') return error.message
    throw error
  }
}
