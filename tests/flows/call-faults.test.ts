import type { Fate, Packet } from 'sip-core/testing'
import { describe, expect, it } from 'vitest'
import { CALL_SCENARIOS, type CallScenario, Duo } from '../support/call-scenarios.ts'

const FATES: readonly (readonly [what: string, fate: Fate])[] = [
  ['lost', { type: 'drop' }],
  ['doubled', { type: 'duplicate' }],
  ['held back for 5 ms', { type: 'delay', by: 5 }],
  ['held back for 700 ms', { type: 'delay', by: 700 }],
  // Nearly T4, the longest that RFC 3261 lets a message live.
  ['held back for 4.9 s', { type: 'delay', by: 4900 }],
]

async function outcome(
  { play }: CallScenario,
  decide: (packet: Packet) => Fate | undefined,
): Promise<readonly string[]> {
  const duo = await Duo.meet({ decide })
  play(duo)
  // A provisional response that was lost comes again after a minute.
  await duo.world.clock.play(100_000)
  await duo.world.expectNothingLeft()
  return [...duo.told].sort()
}

for (const scenario of CALL_SCENARIOS) {
  describe(`${scenario.name}, with a packet that is`, () => {
    for (const [what, fate] of FATES) {
      it.each(scenario.lines.map((line, index) => [index + 1, line] as const))(
        `${what}: number %i, %s`,
        async (k) => {
          const told = await outcome(scenario, ({ index }) => (index === k ? fate : undefined))
          expect(told).toEqual([...scenario.told].sort())
        },
      )
    }
  })
}
