import { describe, expect, it } from 'vitest'
import { clientInvite } from './client-invite.fsm.ts'
import { clientNonInvite } from './client-non-invite.fsm.ts'
import { type Cell, responseInput } from './fsm.ts'
import { serverInvite } from './server-invite.fsm.ts'
import { serverNonInvite } from './server-non-invite.fsm.ts'
import { timerName } from './timers.ts'

const TABLES = { clientInvite, clientNonInvite, serverInvite, serverNonInvite }
const TIMERS = ['A', 'B', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'trying', 'late']

for (const [name, fsm] of Object.entries(TABLES)) {
  describe(name, () => {
    const states = new Map(Object.entries(fsm.states))
    const rows = Object.entries(fsm.table).map(([state, row]) => ({
      state,
      cells: new Map<string, Cell<string, string> | null>(Object.entries(row)),
    }))
    const cells: Cell<string, string>[] = [fsm.start]
    for (const row of rows) for (const cell of row.cells.values()) if (cell !== null) cells.push(cell)

    it('sets no timer that its next state does not know', () => {
      for (const { next, start = [] } of cells) {
        expect(states.get(next)?.timers).toEqual(expect.arrayContaining(start.map(timerName)))
      }
    })

    it('has an answer to a timer in those states, and only those, in which it may run', () => {
      for (const row of rows) {
        const answered = TIMERS.filter((timer) => row.cells.get(timer))
        expect(answered).toEqual([...(states.get(row.state)?.timers ?? [])].sort(byPlace))
      }
    })

    it('keeps its request until the final response', () => {
      const isOpen = (state: string) => ['calling', 'trying', 'proceeding'].includes(state)
      for (const [state, { keeps }] of states) expect(keeps.includes('request')).toBe(isOpen(state))
    })

    it('tells its user last, so that what the user does finds the step done', () => {
      for (const { actions } of cells) {
        expect(actions.slice(0, -1)).not.toContain('report')
      }
    })

    it('can be ended in every state but the last, which has no way out', () => {
      for (const row of rows) {
        const ways = [...row.cells.values()].filter((cell) => cell !== null)
        if (row.state === 'terminated') expect(ways).toEqual([])
        else expect(row.cells.get('terminate')?.next).toBe('terminated')
      }
    })
  })
}

it('knows three classes of responses', () => {
  expect([100, 199, 200, 299, 300, 699].map(responseInput)).toEqual([
    '1xx',
    '1xx',
    '2xx',
    '2xx',
    '3xx-6xx',
    '3xx-6xx',
  ])
})

function byPlace(a: string, b: string): number {
  return TIMERS.indexOf(a) - TIMERS.indexOf(b)
}
