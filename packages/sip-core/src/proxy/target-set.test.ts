import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseUri } from '../message/index.ts'
import { response } from './proxy.fixture.ts'
import { type Candidate, TargetSet, type TargetSetOptions } from './target-set.ts'

const setOf = (asked = 'sip:bob@example.com', options: TargetSetOptions = {}) =>
  new TargetSet(parseUri(asked), options)
const add = (set: TargetSet, uri: string, q?: number) => set.add({ uri: parseUri(uri), q })
const names = (group: readonly Candidate[]) => group.map(({ uri }) => `${uri}`)
const redirect = (contacts: string) => response(302, [`Contact: ${contacts}`])

function drain(set: TargetSet, most?: number): string[][] {
  const groups: string[][] = []
  for (let group = set.next(most); group.length > 0; group = set.next(most)) groups.push(names(group))
  return groups
}

describe('a target set', () => {
  it('gives the best first, and those that are alike at a time, in the order in which they came', () => {
    const set = setOf()
    add(set, 'sip:low@h', 0.1)
    add(set, 'sip:first@h')
    add(set, 'sip:mid@h', 0.5)
    add(set, 'sip:second@h', 1)
    expect(set.size).toBe(4)
    expect(drain(set)).toEqual([['sip:first@h', 'sip:second@h'], ['sip:mid@h'], ['sip:low@h']])
    expect(set.size).toBe(0)
  })

  it('gives no more at a time than are wanted', () => {
    const set = setOf()
    for (const user of ['a', 'b', 'c']) add(set, `sip:${user}@h`)
    expect(drain(set, 2)).toEqual([['sip:a@h', 'sip:b@h'], ['sip:c@h']])
  })

  it('takes each URI once, whatever has come of it, by the rules for equal URIs', () => {
    const set = setOf()
    expect(add(set, 'sip:a@h')).toBe(true)
    expect(add(set, 'sip:a@H;x=1')).toBe(false)
    set.next()
    expect(add(set, 'sip:a@h', 0.3)).toBe(false)
    expect(add(set, 'sip:a@h:5060')).toBe(true)
    expect(add(set, 'sip:a@h?Subject=x')).toBe(false)
  })

  it('takes no sip where sips was asked for, and no scheme that it does not know', () => {
    expect(add(setOf('sips:bob@h'), 'sip:a@h')).toBe(false)
    expect(add(setOf('sips:bob@h'), 'tel:+49123')).toBe(false)
    expect(add(setOf('sips:bob@h'), 'sips:a@h')).toBe(true)
    expect(add(setOf(), 'sips:a@h')).toBe(true)
    expect(add(setOf(), 'tel:+49123')).toBe(true)
    expect(add(setOf(), 'mailto:a@h')).toBe(false)
  })

  it('is bounded', () => {
    const set = setOf('sip:bob@h', { maxTargets: 2 })
    expect(['a', 'b', 'c'].map((user) => add(set, `sip:${user}@h`))).toEqual([true, true, false])
  })
})

describe('a redirection', () => {
  it('puts its Contacts in the place of who was redirected', () => {
    const set = setOf()
    add(set, 'sip:desk@h', 1)
    add(set, 'sip:mobile@h', 0.5)
    const [desk] = set.next() as [Candidate]
    const contacts = '<sip:x@h>;q=0.2, <sip:y@h>;q=0.3, <sip:z@h>;q=0.2'
    expect(set.redirect(redirect(contacts), desk)).toEqual({ added: 3, refused: [] })
    expect(drain(set)).toEqual([['sip:y@h'], ['sip:x@h', 'sip:z@h'], ['sip:mobile@h']])
  })

  it('goes before who was preferred as much as who was redirected', () => {
    const set = setOf()
    add(set, 'sip:a@h')
    add(set, 'sip:b@h')
    const [a] = set.next(1) as [Candidate]
    set.redirect(redirect('<sip:x@h>;q=0.1'), a)
    expect(drain(set)).toEqual([['sip:x@h'], ['sip:b@h']])
  })

  it('tells what may not be followed', () => {
    const set = setOf('sips:bob@h')
    set.add({ uri: parseUri('sips:a@h') })
    const [a] = set.next() as [Candidate]
    const { added, refused } = set.redirect(redirect('<sips:b@h>, <sips:a@h>, <sip:c@h>, <mailto:d@h>'), a)
    expect(added).toBe(1)
    expect(refused.map(({ uri }) => `${uri}`)).toEqual(['sip:c@h', 'mailto:d@h'])
  })

  it('does not go on for ever', () => {
    const set = setOf('sip:bob@h', { maxRedirects: 3 })
    add(set, 'sip:0@h')
    let hops = 0
    for (let [candidate] = set.next(); candidate !== undefined; [candidate] = set.next()) {
      set.redirect(redirect(`<sip:${++hops}@h>`), candidate)
    }
    expect(hops).toBe(4)
  })

  it('counts a q that is none as if it were not there', () => {
    const set = setOf()
    add(set, 'sip:a@h')
    const [a] = set.next() as [Candidate]
    set.redirect(redirect('<sip:x@h>;q=7, <sip:y@h>;q=z, <sip:v@h>;q, <sip:w@h>;q=0.9'), a)
    expect(drain(set)).toEqual([['sip:x@h', 'sip:y@h', 'sip:v@h'], ['sip:w@h']])
  })
})

it('whatever comes in, each goes out once, and within a set that nobody redirects the q never rises', () => {
  const q = fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10)
  fc.assert(
    fc.property(
      fc.array(fc.record({ user: fc.integer({ min: 0, max: 12 }), q }), { maxLength: 20 }),
      (inits) => {
        const set = setOf()
        const taken = inits.filter(({ user, q }) => add(set, `sip:${user}@h`, q))
        const groups: Candidate[][] = []
        for (let group = set.next(); group.length > 0; group = set.next()) groups.push([...group])
        expect(names(groups.flat()).sort()).toEqual(taken.map(({ user }) => `sip:${user}@h`).sort())
        const best = groups.map((group) => group[0]?.rank[0] ?? 0)
        expect(best).toEqual([...best].sort((a, b) => b - a))
        expect(new Set(best).size).toBe(best.length)
      },
    ),
  )
})
