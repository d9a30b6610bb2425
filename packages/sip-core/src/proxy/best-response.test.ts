import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OutgoingResponse } from '../message/index.ts'
import { bestResponse } from './best-response.ts'
import { createForwardedResponse } from './forward-response.ts'
import { answered } from './proxy.fixture.ts'

const forwarded = (status: number, ...lines: string[]) =>
  createForwardedResponse(answered(status, lines)) as OutgoingResponse
const best = (...statuses: number[]) => bestResponse(statuses.map((status) => forwarded(status))).status

describe('the best of all answers (RFC 3261 §16.7 step 6)', () => {
  it.each([
    [[486, 603, 302], 603],
    [[486, 302, 500], 302],
    [[500, 486], 486],
    [[486, 401], 401],
    [[404, 484, 486], 484],
    [[408, 486], 486],
    [[487, 480, 408], 480],
    [[482, 486], 486],
    [[503, 500], 500],
    [[408], 408],
    [[486, 404], 486],
  ])('of %j is %i', (statuses, expected) => {
    expect(best(...statuses)).toBe(expected)
  })

  it('does not depend on who was first, but for answers that are alike', () => {
    const status = fc.constantFrom(300, 302, 401, 404, 408, 415, 480, 486, 487, 500, 503, 600, 603)
    fc.assert(
      fc.property(fc.array(status, { minLength: 1, maxLength: 6 }), (statuses) => {
        const chosen = best(...statuses)
        const again = best(...[...statuses].reverse())
        expect(Math.floor(chosen / 100)).toBe(Math.floor(again / 100))
      }),
    )
  })
})

it('asks for the credentials that any branch wants (RFC 3261 §16.7 step 7)', () => {
  const chosen = bestResponse([
    forwarded(407, 'Proxy-Authenticate: Digest realm="p", nonce="1"'),
    forwarded(486, 'WWW-Authenticate: Digest realm="no", nonce="4"'),
    forwarded(
      401,
      'WWW-Authenticate: Digest realm="a", nonce="2"',
      'WWW-Authenticate: Digest realm="b", nonce="3"',
    ),
    forwarded(407, 'Proxy-Authenticate: Digest realm="q", nonce="5"'),
  ])
  expect(chosen.status).toBe(407)
  expect(chosen.headers.getAll('Proxy-Authenticate')).toEqual([
    'Digest realm="p", nonce="1"',
    'Digest realm="q", nonce="5"',
  ])
  expect(chosen.headers.getAll('WWW-Authenticate')).toEqual([
    'Digest realm="a", nonce="2"',
    'Digest realm="b", nonce="3"',
  ])
})

it('hands no 503 on as if it were its own', () => {
  const chosen = bestResponse([forwarded(503, 'X-A: b')])
  expect([chosen.status, chosen.reason, chosen.headers.get('X-A')]).toEqual([
    500,
    'Server Internal Error',
    'b',
  ])
})
