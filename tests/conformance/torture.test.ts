import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expectations } from './expectations.ts'
import { bytesOf, judge } from './torture.ts'

describe('RFC 4475 and RFC 5118', () => {
  it('are there as a whole', () => {
    const files = readdirSync(new URL('torture', import.meta.url)).filter((file) => file.endsWith('.dat'))
    expect(expectations.map(({ name }) => `${name}.dat`).sort()).toEqual(files.sort())
    expect(expectations.filter(({ rfc }) => rfc === 4475)).toHaveLength(49)
    expect(expectations.filter(({ rfc }) => rfc === 5118)).toHaveLength(12)
  })

  it('travel byte for byte', () => {
    // Were line breaks changed, or bytes taken for text, on the way here, these would differ.
    for (const [name, length] of [
      ['wsinv', 1001],
      ['intmeth', 641],
      ['mpart01', 1290],
      ['ipv6-in-sdp', 590],
    ] as const)
      expect(bytesOf(name), name).toHaveLength(length)
  })

  it.each(expectations.map((expectation) => [expectation.name, expectation.wants, expectation] as const))(
    '%s is %s',
    async (_, __, expectation) => {
      const { wrong } = await judge(expectation)
      expect(wrong).toEqual([])
    },
  )

  it('baddn is refused for its comma, too, once its head ends', async () => {
    const baddn = expectations.find(({ name }) => name === 'baddn')
    if (baddn === undefined) throw new Error('baddn is missing')
    const read = { refused: 400, within: 'From' }
    const whole = Buffer.concat([bytesOf('baddn'), Buffer.from('\r\n')])
    expect((await judge({ ...baddn, read, stream: ['bad-request 400'] }, whole)).wrong).toEqual([])
  })

  it('are judged by what is seen', async () => {
    const [wsinv] = expectations
    if (wsinv === undefined) throw new Error('wsinv is missing')
    const { wrong } = await judge({ ...wsinv, answer: 200, stream: [], read: { dropped: 'x' } })
    expect(wrong.map((what) => what.split(':')[0])).toEqual([
      'read',
      'on a stream',
      'on a stream, byte by byte',
      'answers',
    ])
  })
})
