import type { TimerName, TimerStart } from './timers.ts'

/** What happens when an input comes in a state. Timers are set before the actions, which run in their order. */
export interface Cell<State, Action> {
  readonly next: State
  /** Timers to set. */
  readonly start?: readonly TimerStart[]
  /** Timers to call off, beside those that do not run in the next state. */
  readonly stop?: readonly TimerName[]
  readonly actions: readonly Action[]
}

/** What is alive while a transaction is in a state; what is not named is let go of on entering. */
export interface StateNeeds {
  /** The timers that may run. */
  readonly timers: readonly TimerName[]
  /** `request`: the message the transaction began with. `bytes`: what would be resent. */
  readonly keeps: readonly ('request' | 'bytes')[]
}

/**
 * A state machine as data. `null` stands where the specification has no arrow: what comes from the network or
 * the clock is ignored there, what the user asks for is refused.
 *
 * A cell that leads to `terminated` ends the transaction after its actions.
 */
export interface Fsm<State extends string, Input extends string, Action extends string> {
  /** The arrow that enters the figure. */
  readonly start: Cell<State, Action>
  readonly states: { readonly [state in State]: StateNeeds }
  readonly table: { readonly [state in State]: { readonly [input in Input]: Cell<State, Action> | null } }
}

/** An `Fsm` as the code sees it that runs several: a table has only those states and inputs that are its own. */
export interface RunnableFsm<State extends string, Input extends string, Action extends string> {
  readonly start: Cell<State, Action>
  readonly states: { readonly [state in State]?: StateNeeds }
  readonly table: { readonly [state in State]?: { readonly [input in Input]?: Cell<State, Action> | null } }
}

/** The classes of responses that make a difference to a transaction. */
export type ResponseInput = '1xx' | '2xx' | '3xx-6xx'

/** The class of a status code. */
export function responseInput(status: number): ResponseInput {
  if (status < 200) return '1xx'
  return status < 300 ? '2xx' : '3xx-6xx'
}

/** The class of a status code in an answer to anything but an INVITE, where a 408 means silence (RFC 4320 §4.2). */
export function nonInviteResponseInput(status: number): ResponseInput | '408' {
  return status === 408 ? '408' : responseInput(status)
}

/** What every transaction may meet: its message could not be sent; its user has no more use for it. */
export type CommonInput = 'transport-error' | 'terminate'

/**
 * What a client transaction may meet besides: the connection on which its responses would come is gone. To a server
 * transaction that is nothing: its responses find another way (RFC 3261 §18.2.2).
 */
export type ClientInput = CommonInput | 'flow-closed'

/**
 * What the client tables ask for.
 *
 * - `send`: the request, which is kept for resends
 * - `send-ack`: the ACK for a final response other than 2xx (RFC 3261 §17.1.1.3), which is kept in its place
 * - `resend`: what is kept
 * - `report`: tells the user what came in
 */
export type ClientAction = 'send' | 'send-ack' | 'resend' | 'report'

/**
 * What the server tables ask for.
 *
 * - `send`: the user's response, which is kept for resends
 * - `send-trying`: a 100 of the transaction's own, which is kept too
 * - `resend`: what is kept, if there is anything yet
 * - `report`: tells the user what came in
 * - `pass-on`: the request is not the transaction's own; whoever looks next may have it
 */
export type ServerAction = 'send' | 'send-trying' | 'resend' | 'report' | 'pass-on'
