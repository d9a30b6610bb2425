/** Where an input leads and what is done on the way; `null`: nothing happens. */
export type TableCell<State, Action> = { readonly next: State; readonly actions: readonly Action[] } | null

/** A state machine as data: every state with every input. */
export type StateTable<State extends string, Input extends string, Action extends string> = {
  readonly [state in State]: { readonly [input in Input]: TableCell<State, Action> }
}

/** How actions are done. */
export type Doings<Action extends string> = { readonly [action in Action]?: () => void }

/** Runs a `StateTable`: knows the present state and nothing else. */
export class TableMachine<State extends string, Input extends string, Action extends string> {
  readonly #table: StateTable<State, Input, Action>
  readonly #always: Doings<Action>
  #state: State

  /** @param always the actions that need nothing from the input which causes them */
  constructor(table: StateTable<State, Input, Action>, start: State, always: Doings<Action>) {
    this.#table = table
    this.#state = start
    this.#always = always
  }

  get state(): State {
    return this.#state
  }

  /**
   * Takes an input: first the new state, then the actions in their order.
   *
   * @param doings how to do those actions that need what came with the input
   * @returns false if the input means nothing in this state
   */
  take(input: Input, doings: Doings<Action> = {}): boolean {
    const cell = this.#table[this.#state][input]
    if (cell === null) return false
    this.#state = cell.next
    for (const action of cell.actions) {
      const doing = doings[action] ?? this.#always[action]
      if (doing === undefined) throw new TypeError(`nothing does '${action}' for the input '${input}'`)
      doing()
    }
    return true
  }
}
