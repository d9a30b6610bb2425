import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../base/errors.ts'
import { Cursor } from './cursor.ts'
import { type Feature, featuresOf, isFeatureTag, withFeature } from './features.ts'
import { Params, parseParams } from './params.ts'

const read = (text: string) => featuresOf(parseParams(new Cursor(text, 'Contact')))

describe('feature tags', () => {
  it('are read as RFC 3840 writes them', () => {
    const features = read(
      ';audio;video="FALSE";mobility="!mobile";methods="INVITE,BYE,!ACK";+sip.instance="<urn:uuid:f81d-4fae>"' +
        ';priority="#>=10,#<=-1.5,#=3,#1:20";expires=60;q=0.5;+sip.rendering="no"',
    )
    const terms = (...values: unknown[]) => ({ type: 'terms', terms: values })
    expect([...features]).toEqual([
      ['audio', terms({ value: true })],
      ['video', terms({ value: false })],
      ['mobility', terms({ not: true, value: 'mobile' })],
      ['methods', terms({ value: 'INVITE' }, { value: 'BYE' }, { not: true, value: 'ACK' })],
      ['sip.instance', { type: 'string', text: 'urn:uuid:f81d-4fae' }],
      [
        'priority',
        terms(
          { value: { min: 10 } },
          { value: { max: -1.5 } },
          { value: { min: 3, max: 3 } },
          { value: { min: 1, max: 20 } },
        ),
      ],
      ['sip.rendering', terms({ value: 'no' })],
    ])
  })

  it('that cannot be read are left out', () => {
    for (const bad of ['', '<a', 'a b', '#', '#>=', '#a', '#1:x', 'a,', '!', '#>=1e3'])
      expect(read(`;audio="${bad}"`).size, bad).toBe(0)
  })

  it('are told from other parameters by name', () => {
    expect(['audio', 'ISFOCUS', '+sip.x', 'q', 'expires', 'tag', '+'].filter(isFeatureTag)).toEqual([
      'audio',
      'ISFOCUS',
      '+sip.x',
    ])
  })

  it('are written quoted, but for a plain TRUE', () => {
    const written = (tag: string, feature: Feature) => withFeature(Params.empty, tag, feature).toString()
    expect(written('audio', { type: 'terms', terms: [{ value: true }] })).toBe(';audio')
    expect(written('audio', { type: 'terms', terms: [{ not: true, value: true }] })).toBe(';audio="!TRUE"')
    expect(written('methods', { type: 'terms', terms: [{ value: 'INVITE' }] })).toBe(';methods="INVITE"')
    expect(written('sip.instance', { type: 'string', text: 'urn:x' })).toBe(';+sip.instance="<urn:x>"')
    for (const bad of [
      { type: 'terms', terms: [] },
      { type: 'terms', terms: [{ value: 'a b' }] },
      { type: 'terms', terms: [{ value: '!a' }] },
      { type: 'terms', terms: [{ value: {} }] },
      { type: 'terms', terms: [{ value: { min: Number.NaN } }] },
      { type: 'string', text: 'a>b' },
    ] satisfies Feature[])
      expect(() => written('x', bad), JSON.stringify(bad)).toThrow(ArgumentError)
  })

  it('read back as they were written', () => {
    const number = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 100)
    const value = fc.oneof(
      fc.boolean(),
      fc.constantFrom('INVITE', 'mobile', 'en-gb', 'x.y'),
      number.map((min) => ({ min })),
      number.map((max) => ({ max })),
      fc.tuple(number, number).map(([min, max]) => ({ min, max })),
    )
    const term = fc.record({ value, not: fc.constant(true) }, { requiredKeys: ['value'] })
    const feature: fc.Arbitrary<Feature> = fc.oneof(
      fc.record({ type: fc.constant('terms' as const), terms: fc.array(term, { minLength: 1 }) }),
      fc.record({
        type: fc.constant('string' as const),
        text: fc.string({ unit: fc.constantFrom('a', '"', '\\', ' ', 'ü', ',', '#', '!') }),
      }),
    )
    fc.assert(
      fc.property(fc.constantFrom('audio', 'sip.extra'), feature, (tag, written) => {
        const text = withFeature(Params.empty, tag, written).toWire()
        expect(read(text).get(tag)).toEqual(written)
      }),
    )
  })
})
