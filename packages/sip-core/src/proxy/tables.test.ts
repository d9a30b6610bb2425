import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type StateTable, TableMachine } from '../base/table-machine.ts'
import { BRANCH_TABLE, type BranchAction, type BranchInput, type BranchState } from './branch.fsm.ts'
import { PROXY_TABLE, type ProxyAction, type ProxyInput, type ProxyState } from './session.fsm.ts'

interface Step<State, Input, Action> {
  readonly input: Input
  readonly from: State
  readonly to: State
  readonly did: readonly Action[]
}

/** What a machine does on inputs in any order, step by step. */
function walk<State extends string, Input extends string, Action extends string>(
  table: StateTable<State, Input, Action>,
  start: State,
  inputs: readonly Input[],
): readonly Step<State, Input, Action>[] {
  const machine = new TableMachine(table, start, {})
  return inputs.map((input) => {
    const from = machine.state
    const did: Action[] = []
    const doings: { [action in Action]?: () => void } = {}
    for (const action of table[from][input]?.actions ?? []) doings[action] = () => did.push(action)
    machine.take(input, doings)
    return { input, from, to: machine.state, did }
  })
}

const inputsOf = <Input extends string>(row: Readonly<Record<Input, unknown>>) =>
  fc.array(fc.constantFrom(...(Object.keys(row) as Input[])), { maxLength: 30 })

describe('a branch', () => {
  type Steps = readonly Step<BranchState, BranchInput, BranchAction>[]
  const runs = (check: (steps: Steps) => void) =>
    fc.assert(
      fc.property(inputsOf<BranchInput>(BRANCH_TABLE.waiting), (inputs) =>
        check(walk(BRANCH_TABLE, 'waiting', inputs)),
      ),
    )
  const outcome = /^(487|refusal)$/

  it('has one outcome, besides which only further 2xx are heard', () => {
    runs((steps) => {
      const outcomes = steps.filter(
        ({ input, from, did }) =>
          did.some((action) => action.startsWith('report-')) ||
          (did.includes('report') && (outcome.test(input) || (input === '2xx' && from !== 'answered'))),
      )
      expect(outcomes.length).toBeLessThanOrEqual(1)
      const isOver = steps.some(({ to }) => to === 'answered' || to === 'over')
      expect(outcomes.length).toBe(isOver ? 1 : 0)
    })
  })

  it('is cancelled once, and waits for an answer to that no longer than gone', () => {
    runs((steps) => {
      const cancels = steps.filter(({ did }) => did.includes('cancel'))
      expect(cancels.length).toBeLessThanOrEqual(1)
      for (const { did } of cancels) expect(did).toContain('set-gone')
    })
  })

  it('stops its timer before it tells its outcome, and sets none after that', () => {
    runs((steps) => {
      for (const { from, to, did, input } of steps) {
        if (from === 'answered' || from === 'over')
          expect(did.filter((d) => d.startsWith('set-'))).toEqual([])
        else if ((to === 'answered' || to === 'over') && input !== 'gone') expect(did[0]).toBe('stop')
      }
    })
  })
})

describe('a request in the hands of a proxy', () => {
  type Steps = readonly Step<ProxyState, ProxyInput, ProxyAction>[]
  const runs = (check: (steps: Steps) => void) =>
    fc.assert(
      fc.property(inputsOf<ProxyInput>(PROXY_TABLE.deciding), (inputs) =>
        check(walk(PROXY_TABLE, 'deciding', inputs)),
      ),
    )
  const isFinal = ({ input, did }: Steps[number]) =>
    (input === '2xx' && did.includes('pass')) || did.some((action) => action.startsWith('send'))

  it('has one final answer, and nothing but further 2xx goes back after that', () => {
    runs((steps) => {
      const first = steps.findIndex(isFinal)
      expect(steps.filter(isFinal).length).toBe(first < 0 ? 0 : 1)
      const later = first < 0 ? [] : steps.slice(first + 1).flatMap(({ did }) => did)
      expect(later.filter((action) => action !== 'pass-further')).toEqual([])
    })
  })

  it('goes to no new target once it was answered, taken back or declined', () => {
    runs((steps) => {
      const ended = steps.findIndex(({ to }) => to !== 'deciding' && to !== 'forwarding')
      if (ended < 0) return
      expect(steps.slice(ended).flatMap(({ did }) => did)).not.toContain('try')
    })
  })

  it('leaves nothing ringing when it leaves off forwarding', () => {
    runs((steps) => {
      for (const { from, to, did } of steps) {
        if (from === 'forwarding' && to !== 'forwarding')
          expect(did.includes('cancel-rest') || did.includes('send-best')).toBe(true)
      }
    })
  })

  it('is over when its transaction is, and nothing leads out of that', () => {
    for (const [state, row] of Object.entries(PROXY_TABLE)) {
      if (state === 'over') expect(Object.values(row).every((cell) => cell === null)).toBe(true)
      else expect(row.closed?.next).toBe('over')
    }
  })
})
