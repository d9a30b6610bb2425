import { describe, expect, it } from 'vitest'
import { EventId, eventOf } from './event-id.ts'

describe('EventId', () => {
  it('that the subscriber names is that and no other', () => {
    const id = EventId.named('a')
    expect([id.claims('a'), id.claims('A'), id.claims(undefined)]).toEqual([true, false, false])
    expect(id.isOpen).toBe(false)
    id.learn('b')
    expect(id.value).toBe('a')
    expect(EventId.named(undefined).claims(undefined)).toBe(true)
    expect(EventId.named(undefined).claims('')).toBe(false)
  })

  it('that the notifier gives is the number of the request, or what comes first', () => {
    const id = EventId.given()
    expect(id.isOpen).toBe(true)
    expect(id.claims(undefined)).toBe(false)
    let later = 5
    id.addNumber(() => 7)
    id.addNumber(() => later)
    expect(id.claims('5')).toBe(true)
    later = 9
    expect(id.claims('5')).toBe(false)
    expect([id.claims('7'), id.claims('9'), id.claims('8')]).toEqual([true, true, false])
    id.learn(undefined)
    expect(id.isOpen).toBe(false)
    expect(id.value).toBeUndefined()
    expect([id.claims(undefined), id.claims('9'), id.claims('8')]).toEqual([true, true, false])
  })
})

it('eventOf writes an id only where there is one', () => {
  expect(eventOf('refer', '93809824').toString()).toBe('refer;id=93809824')
  expect(eventOf('refer', undefined).toString()).toBe('refer')
})
