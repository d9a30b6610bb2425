import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToText, bytesToWire, textToBytes, textToWire, wireToBytes, wireToText } from './wire.ts'

const wellFormed = fc.string({ unit: 'grapheme' })

describe('wire strings', () => {
  it('keep every byte, whether the array knows latin1Slice or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => {
        const wire = bytesToWire(bytes)
        expect(wire.length).toBe(bytes.length)
        expect(wireToBytes(wire)).toEqual(bytes)
        expect(bytesToWire(Buffer.from(bytes))).toBe(wire)
      }),
    )
  })

  it('takes the asked part', () => {
    const bytes = textToBytes('abcdef')
    expect(bytesToWire(bytes, 1, 3)).toBe('bc')
    expect(bytesToWire(Buffer.from(bytes), 1, 3)).toBe('bc')
    expect(bytesToWire(bytes, 4)).toBe('ef')
  })

  it('text survives the way to the wire and back', () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        expect(wireToText(textToWire(text))).toBe(text)
        expect(bytesToText(textToBytes(text))).toBe(text)
      }),
    )
  })

  it('is UTF-8', () => {
    expect(textToWire('é')).toBe('\xc3\xa9')
    expect(wireToText('\xff')).toBe('\ufffd')
    expect(wireToText('\xef\xbb\xbfa')).toBe('\ufeffa')
  })
})
