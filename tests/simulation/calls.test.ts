import fc from 'fast-check'
import type { CallState, InviteSession } from 'sip-ua'
import { describe, expect, it } from 'vitest'
import { Duo } from '../support/call-scenarios.ts'

/** What somebody does at a time, in milliseconds from the beginning. */
type Deed = readonly [at: number, what: 'ring' | 'accept' | 'reject' | 'end' | 'reinvite']

const deeds = (...whats: Deed[1][]): fc.Arbitrary<Deed[]> =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom(...whats)), { maxLength: 6 })

const share = (max: number) => fc.double({ min: 0, max, noNaN: true })

const runs = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  alice: deeds('end', 'reinvite', 'reinvite'),
  bob: deeds('ring', 'accept', 'accept', 'reject', 'end', 'reinvite', 'reinvite'),
  /** How a re-INVITE is answered: after so long, or never. */
  thinks: fc.option(fc.integer({ min: 0, max: 3000 })),
  agrees: fc.boolean(),
})

/** The order in which the states of a call may come. */
const ORDER: readonly CallState[] = [
  ...(['calling', 'incoming', 'early', 'connecting', 'confirmed', 'disconnecting', 'disconnected'] as const),
]

interface Run {
  readonly seed: number
  readonly alice: readonly Deed[]
  readonly bob: readonly Deed[]
  readonly thinks: number | null
  readonly agrees: boolean
}

async function live(
  run: Run,
  faults: { loss: number; duplication: number; reordering: number; reorderDelay: number },
) {
  const duo = await Duo.meet({ seed: run.seed, faults })
  const { clock } = duo.world
  const states = new Map<InviteSession, CallState[]>()

  const watch = (session: InviteSession) => {
    const seen = [session.state]
    states.set(session, seen)
    session.on('state', (state) => seen.push(state))
    session.on('reinvite', (reinvite) => {
      if (run.thinks === null) return
      clock.setTimer(run.thinks, () =>
        run.agrees ? reinvite.accept({ sdp: `v=0 ${++sdps}` }) : reinvite.reject(),
      )
    })
  }
  let sdps = 0
  const perform = (session: InviteSession, plan: readonly Deed[]) => {
    for (const [at, what] of plan) clock.setTimer(at, () => act(session, what))
  }
  const act = (session: InviteSession, what: Deed[1]) => {
    if (what === 'end') void session.end()
    else if (what === 'reinvite') session.reinvite({ sdp: `v=0 ${++sdps}` }).catch(() => {})
    // What comes too late, or twice, is a mistake of the application, and tells it so.
    else if (session.state !== 'incoming' && session.state !== 'early') return
    else if (what === 'ring') session.ring()
    else if (what === 'accept') session.accept({ sdp: `v=0 ${++sdps}` })
    else session.reject(486)
  }

  duo.whenCalled((_, session) => {
    watch(session)
    perform(session, run.bob)
  })
  watch(duo.dial())
  perform(duo.call, run.alice)
  await clock.play(60_000)
  return { duo, states }
}

/** Everybody hangs up, if nobody has; then nothing is left, and every call has gone through its states in order. */
async function part({ duo, states }: Awaited<ReturnType<typeof live>>): Promise<void> {
  for (const session of states.keys()) void session.end()
  await duo.world.clock.play(70_000)
  await duo.world.expectNothingLeft()
  for (const [session, seen] of states) {
    expect(session.state).toBe('disconnected')
    expect(seen.at(-1)).toBe('disconnected')
    const places = seen.map((state) => ORDER.indexOf(state))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(new Set(seen).size).toBe(seen.length)
  }
  expect(duo.told.length).toBe(states.size)
}

describe('two people who do what they like', () => {
  it('end with nothing left, whatever gets lost, doubled or overtaken', async () => {
    const faults = fc.record({
      loss: share(0.4),
      duplication: share(0.3),
      reordering: share(0.3),
      reorderDelay: fc.constantFrom(5, 50, 700, 4900),
    })
    await fc.assert(
      fc.asyncProperty(runs, faults, async (run, network) => part(await live(run, network))),
      { numRuns: 200 },
    )
  }, 60_000)

  it('agree about their call when nothing gets lost', async () => {
    const faults = fc.record({
      loss: fc.constant(0),
      duplication: share(0.3),
      reordering: share(0.3),
      reorderDelay: fc.constantFrom(5, 50),
    })
    await fc.assert(
      fc.asyncProperty(runs, faults, async (run, network) => {
        const met = await live(run, network)
        const { call, answered } = met.duo
        expect(call.state === 'confirmed').toBe(answered?.state === 'confirmed')
        expect(call.state === 'disconnected').toBe(answered?.state === 'disconnected')
        if (call.state === 'confirmed') {
          expect([call.localSdp, call.remoteSdp]).toEqual([answered?.remoteSdp, answered?.localSdp])
        }
        await part(met)
      }),
      { numRuns: 200 },
    )
  }, 60_000)
})
