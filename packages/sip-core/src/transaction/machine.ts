import type { Clock, Timer } from '../base/clock.ts'
import { TransportError } from '../base/errors.ts'
import type { Flow } from '../transport/index.ts'
import type { Cell, CommonInput, RunnableFsm } from './fsm.ts'
import { type TimerName, type TimerStart, type Timers, timerDelay, timerName } from './timers.ts'

/** What a transaction needs from its layer; `T` is the kind of transaction. */
export interface MachineHost<T> {
  readonly clock: Clock
  readonly timers: Timers
  /** A step was taken from `from` (undefined: the first one); undefined while nobody watches. */
  readonly stepped: ((transaction: T, from: string | undefined, input: string) => void) | undefined
  /** The transaction has let go of its request: there is a final response, or none will come. Told once. */
  settled(): void
  /** The transaction is over and leaves the layer. */
  remove(transaction: T): void
}

/** What is heard of a flow, in a step of its own. */
type Failure = 'transport-error' | 'flow-closed'

interface RunningTimer {
  readonly name: TimerName | Failure
  readonly timer: Timer
}

/**
 * Runs a transaction's table: its state, its timers, and what it resends. The two kinds of transactions add what
 * their actions mean. `Cause` is what may come along with an input.
 *
 * Inputs are taken at once, also from within an action. That is safe because the state changes first, timers are
 * set before anything is sent, and the user is told last: whatever an action calls finds the step as good as
 * done. A flow that fails while it sends is heard in a step of its own, after the call that sent has returned, if
 * the transaction is still in that state then.
 */
export abstract class Machine<State extends string, Input extends string, Action extends string, Cause> {
  /** Where the transaction's messages go. */
  readonly flow: Flow
  readonly #fsm: RunnableFsm<State, Input | TimerName | CommonInput, Action>
  readonly #clock: Clock
  readonly #timers: Timers
  #state: State
  #running: RunningTimer[] = []
  /** What the resend timer (A, E, G) was set to last. */
  #interval = 0
  /** What is resent. */
  #bytes: Uint8Array | undefined

  constructor(
    fsm: RunnableFsm<State, Input | TimerName | CommonInput, Action>,
    flow: Flow,
    { clock, timers }: Pick<MachineHost<unknown>, 'clock' | 'timers'>,
    bytes?: Uint8Array,
  ) {
    this.#fsm = fsm
    this.flow = flow
    this.#clock = clock
    this.#timers = timers
    this.#bytes = bytes
    this.#state = fsm.start.next
  }

  get state(): State {
    return this.#state
  }

  /** Enters the figure; called once, by the layer. */
  start(): void {
    this.#step(this.#fsm.start, undefined, 'start')
  }

  terminate(): void {
    this.take('terminate')
  }

  /** Takes one input. Returns the cell that was run, null if the table has none here. */
  take(input: Input | TimerName | CommonInput, cause?: Cause | TransportError): Cell<State, Action> | null {
    const cell = this.#fsm.table[this.#state]?.[input] ?? null
    if (cell !== null) this.#step(cell, this.#state, input, cause)
    return cell
  }

  /** Does what an action of the table means. */
  protected abstract act(action: Action, input: string, cause: Cause | TransportError | undefined): void
  /** Tells the layer of a step. */
  protected abstract stepped(from: State | undefined, input: string): void
  /** Lets go of the request. */
  protected abstract forget(): void
  /** Leaves the layer and tells the user so. */
  protected abstract finish(): void

  /** Sends `bytes` and keeps them for resends. */
  protected transmit(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.retransmit()
  }

  /** Sends what is kept, if anything is. */
  protected retransmit(): void {
    if (this.#bytes === undefined) return
    try {
      this.flow.send(this.#bytes, (error) => this.fail('transport-error', error))
    } catch (error) {
      this.fail('transport-error', new TransportError('the flow threw while it sent', { cause: error }))
    }
  }

  #step(
    cell: Cell<State, Action>,
    from: State | undefined,
    input: string,
    cause?: Cause | TransportError,
  ): void {
    this.#state = cell.next
    if (from !== cell.next) this.#stopAllBut(this.#fsm.states[cell.next]?.timers ?? [])
    for (const name of cell.stop ?? []) this.#stop(name)
    for (const start of cell.start ?? []) this.#set(start)
    this.stepped(from, input)
    for (const action of cell.actions) this.act(action, input, cause)
    // Asked of the state that is now: an action may have moved it on.
    const keeps = this.#fsm.states[this.#state]?.keeps ?? []
    if (!keeps.includes('bytes')) this.#bytes = undefined
    if (!keeps.includes('request')) this.forget()
    // No arrow leaves `terminated`, so that a single step in a transaction's life comes here.
    if (cell.next === 'terminated') this.finish()
  }

  #set(start: TimerStart): void {
    const name = timerName(start)
    const { reliable } = this.flow.transport
    const delay = timerDelay(start, { timers: this.#timers, reliable, interval: this.#interval })
    if (delay === undefined) return
    if (name === 'A' || name === 'E' || name === 'G') this.#interval = delay
    this.#run(name, delay, () => this.take(name))
  }

  /** Hears of a flow that fails, once the present step is over. */
  protected fail(input: Failure & (Input | CommonInput), error: TransportError): void {
    if (this.#state === 'terminated') return
    this.#run(input, 0, () => this.take(input, error))
  }

  #run(name: RunningTimer['name'], delay: number, task: () => void): void {
    this.#stop(name)
    this.#running.push({ name, timer: this.#clock.setTimer(delay, task) })
  }

  #stop(name: RunningTimer['name']): void {
    const index = this.#running.findIndex((running) => running.name === name)
    if (index >= 0) this.#running.splice(index, 1)[0]?.timer.cancel()
  }

  #stopAllBut(names: readonly RunningTimer['name'][]): void {
    this.#running = this.#running.filter(({ name, timer }) => {
      const stays = names.includes(name)
      if (!stays) timer.cancel()
      return stays
    })
  }
}
