import { ArgumentError } from '../../base/errors.ts'
import type { Cursor } from '../cursor.ts'
import { defineHeader, type HeaderCodec } from '../header-codec.ts'

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DAY = 86_400
const COLON = 0x3a

/**
 * Date (RFC 3261 §20.17): milliseconds since 1970-01-01T00:00:00Z, as `clock.date()` gives them; whole seconds go on
 * the wire. Years 0 to 9999. GMT is the only time zone that there is. That the day of the week is the right one is
 * not looked at.
 */
export const DateHeader: HeaderCodec<number> = defineHeader<number>({
  name: 'Date',
  kind: 'single',
  parse(cursor) {
    oneOf(cursor, WEEKDAYS, 'a day of the week')
    cursor.expect(0x2c, "',' behind the day of the week")
    space(cursor)
    const day = digits(cursor, 2, 'a day')
    space(cursor)
    const month = oneOf(cursor, MONTHS, 'a month')
    space(cursor)
    const year = digits(cursor, 4, 'a year')
    if (day < 1 || day > daysOf(year, month)) cursor.fail('a day that there is')
    space(cursor)
    const hour = digits(cursor, 2, 'an hour', 23)
    cursor.expect(COLON, "':'")
    const minute = digits(cursor, 2, 'a minute', 59)
    cursor.expect(COLON, "':'")
    // A leap second is the first of the next minute.
    const second = digits(cursor, 2, 'a second', 60)
    space(cursor)
    if (cursor.token('GMT') !== 'GMT') cursor.fail('GMT')
    return ((dayNumber(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000
  },
  print(value) {
    const seconds = Math.floor(value / 1000)
    const { year, month, day } = civil(Math.floor(seconds / DAY))
    if (!Number.isFinite(value) || year < 0 || year > 9999) throw new ArgumentError(`Date cannot be ${value}`)
    const time = ((seconds % DAY) + DAY) % DAY
    // 1970 began on a Thursday.
    const weekday = WEEKDAYS[(((Math.floor(seconds / DAY) + 4) % 7) + 7) % 7]
    const clock = [time / 3600, (time / 60) % 60, time % 60].map((part) => padded(Math.floor(part), 2))
    return `${weekday}, ${padded(day, 2)} ${MONTHS[month]} ${padded(year, 4)} ${clock.join(':')} GMT`
  },
})

function space(cursor: Cursor): void {
  const { at } = cursor
  cursor.skipWs()
  if (cursor.at === at) cursor.fail('a space')
}

function oneOf(cursor: Cursor, names: readonly string[], what: string): number {
  const { at } = cursor
  const index = names.indexOf(cursor.token(what))
  if (index >= 0) return index
  cursor.at = at
  return cursor.fail(what)
}

function digits(cursor: Cursor, count: number, what: string, max = 9999): number {
  const { at } = cursor
  const number = cursor.uint(what, max)
  if (cursor.at - at === count) return number
  cursor.at = at
  return cursor.fail(`${what} of ${count} digits`)
}

function padded(number: number, length: number): string {
  return String(number).padStart(length, '0')
}

function daysOf(year: number, month: number): number {
  const next = month === 11 ? dayNumber(year + 1, 0, 1) : dayNumber(year, month + 1, 1)
  return next - dayNumber(year, month, 1)
}

// Days from 1970-01-01 in the Gregorian calendar. Years are counted from March, so that a leap day is the last one.
function dayNumber(year: number, month: number, day: number): number {
  const years = month < 2 ? year - 1 : year
  const days = Math.floor((153 * ((month + 10) % 12) + 2) / 5) + day - 1
  return (
    365 * years + Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400) + days - 719_468
  )
}

// The reverse.
function civil(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  let year = Math.floor(days / 365.2425) + 1970
  if (dayNumber(year, 0, 1) > days) year--
  else if (dayNumber(year + 1, 0, 1) <= days) year++
  let month = 11
  while (dayNumber(year, month, 1) > days) month--
  return { year, month, day: days - dayNumber(year, month, 1) + 1 }
}
