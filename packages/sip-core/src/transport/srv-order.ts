import { type Random, randomBetween } from '../base/random.ts'
import type { SrvRecord } from './dns.ts'

/**
 * The order in which servers are tried: by priority, and among those of one priority drawn so that each comes first
 * as often as its weight says (RFC 2782, "Weight"). Drawn anew each time.
 */
export function orderServers(records: readonly SrvRecord[], random: Random): readonly SrvRecord[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b)
  return priorities.flatMap((wanted) =>
    draw(
      records.filter(({ priority }) => priority === wanted),
      random,
    ),
  )
}

function draw(records: readonly SrvRecord[], random: Random): readonly SrvRecord[] {
  if (records.length < 2) return records
  // Those without weight first: they are met only by the one draw in (sum + 1) that hits 0.
  const left = records.toSorted((a, b) => Number(a.weight > 0) - Number(b.weight > 0))
  const drawn: SrvRecord[] = []
  for (let sum = total(left); left.length > 0; ) {
    const [record] = left.splice(indexAt(left, Math.floor(randomBetween(random, 0, sum + 1))), 1)
    if (record === undefined) break
    sum -= record.weight
    drawn.push(record)
  }
  return drawn
}

/** The first one at which the running sum of the weights reaches `mark`. */
function indexAt(records: readonly SrvRecord[], mark: number): number {
  let sum = 0
  for (const [index, { weight }] of records.entries()) {
    sum += weight
    if (sum >= mark) return index
  }
  return 0
}

function total(records: readonly SrvRecord[]): number {
  return records.reduce((sum, { weight }) => sum + weight, 0)
}
