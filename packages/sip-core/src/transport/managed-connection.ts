import type { Timer } from '../base/clock.ts'
import { TransportError } from '../base/errors.ts'
import { QuietTimer } from '../base/quiet-timer.ts'
import { type Random, randomBetween } from '../base/random.ts'
import { type Frame, type Framer, MessageFramer, StreamFramer } from '../parser/index.ts'
import type { ConnectionPolicy } from './connection-policy.ts'
import type { Flow } from './transport.ts'
import { type FlowWatch, WatchedFlow } from './watched-flow.ts'

/** What a connection needs of its keeper. */
export interface ConnectionHost extends FlowWatch {
  readonly random: Random
  /** One message came. */
  message(connection: ManagedConnection, bytes: Uint8Array): void
  /** What came is no message, and nothing that comes later can be one; the connection is closed after this. */
  unreadable(connection: ManagedConnection, frame: Frame & { type: 'error' }): void
  /** Whether somebody needs it open although nothing goes over it. */
  inUse(connection: ManagedConnection): boolean
  /** Something goes over it. */
  touched(connection: ManagedConnection): void
  /** It is gone. Comes once, unless the transport has told already. */
  ended(connection: ManagedConnection, reason: TransportError | undefined): void
}

type TimerName = 'connect' | 'message' | 'ping' | 'pong'

const PING = Uint8Array.of(13, 10, 13, 10)
const PONG = Uint8Array.of(13, 10)
const PONG_TIMEOUT = 10_000

/**
 * A connection as the layers above know it, the same object from its first message to its last: cut into messages,
 * pings answered, and given up when the peer is too slow, too quiet, or not what it should be.
 */
export class ManagedConnection extends WatchedFlow {
  /** Whether this end has opened it. */
  readonly dialled: boolean
  readonly #host: ConnectionHost
  readonly #policy: ConnectionPolicy
  readonly #framer: Framer
  readonly #timers = new Map<TimerName, Timer>()
  #idle: QuietTimer | undefined
  #stage: 'opening' | 'open' | 'closed' = 'opening'

  constructor(flow: Flow, host: ConnectionHost, dialled: boolean) {
    super(flow, host)
    const { framing, policy = {} } = flow.transport
    this.dialled = dialled
    this.#host = host
    this.#policy = policy
    this.#framer = framing === 'stream' ? new StreamFramer(policy.limits) : new MessageFramer(policy.limits)
    const { connectTimeout } = policy
    this.#set('connect', connectTimeout, () => this.#giveUp(`not open within ${connectTimeout} ms`))
  }

  /** The transport's own flow. */
  get key(): Flow {
    return this.flow
  }

  /** The transport says that it is open. */
  opened(): void {
    if (this.#stage !== 'opening') return
    this.#stage = 'open'
    this.#stop('connect')
    const { idleTimeout = 0, keepAlive = 0 } = this.#policy
    this.#idle = new QuietTimer(this.#host.clock, idleTimeout, () => this.#quiet())
    if (this.dialled) this.keepAlive(keepAlive)
  }

  /** The transport says that it is closed. */
  ended(): void {
    this.#stage = 'closed'
    this.#idle?.cancel()
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** The transport says that bytes came. */
  received(bytes: Uint8Array): void {
    this.opened()
    this.#touch()
    this.#framer.push(bytes)
    let pinged = false
    let frames = 0
    // Who hears of a message may close the connection; nothing is delivered then.
    while (this.#stage === 'open') {
      const frame = this.#framer.next()
      if (frame === undefined) break
      frames++
      if (frame.type === 'ping' || frame.type === 'pong') {
        const answer = this.#isAnswer()
        pinged ||= frame.type === 'ping' && !answer
      } else this.#take(frame)
    }
    if (this.#stage !== 'open') return
    // However many pings came at once: one answer is what shows that this end is alive.
    if (pinged) this.flow.send(PONG, () => {})
    this.#awaitRest(frames > 0)
  }

  override send(bytes: Uint8Array, failed: (error: TransportError) => void): void {
    this.#touch()
    super.send(bytes, failed)
  }

  override close(reason?: TransportError): void {
    if (this.#stage === 'closed') return
    super.close(reason)
    this.#host.ended(this, reason)
  }

  /** The peer announces another port at which it takes requests over this connection. */
  alias(port: number): void {
    this.flow.alias?.(port)
  }

  /** As `TransportManager.keepAlive`. */
  keepAlive(interval: number): void {
    this.#stop('pong')
    this.#pingLater(interval)
  }

  // The line breaks of two answers in a row look like a ping: whoever has asked knows better.
  #isAnswer(): boolean {
    const awaited = this.#timers.has('pong')
    this.#stop('pong')
    return awaited
  }

  #take(frame: Frame & { type: 'message' | 'error' }): void {
    switch (frame.type) {
      case 'message':
        this.#host.message(this, frame.bytes)
        break
      case 'error':
        this.#host.unreadable(this, frame)
        this.close(new TransportError(`${this}: ${frame.error.message}`, { cause: frame.error }))
        break
    }
  }

  #pingLater(interval: number): void {
    this.#set('ping', interval && randomBetween(this.#host.random, 0.8 * interval, interval), () => {
      const { pongTimeout = PONG_TIMEOUT } = this.#policy
      if (!this.#timers.has('pong'))
        this.#set('pong', pongTimeout, () =>
          this.#giveUp(`no answer to a keep-alive within ${pongTimeout} ms`),
        )
      this.#pingLater(interval)
      this.#touch()
      this.flow.send(PING, () => {})
    })
  }

  /** The rest of a message that has begun must come in time; `isNew` if it is not the one that was awaited. */
  #awaitRest(isNew: boolean): void {
    const { messageTimeout } = this.#policy
    if (this.#framer.pending === 0) this.#stop('message')
    else if (isNew || !this.#timers.has('message'))
      this.#set('message', messageTimeout, () =>
        this.#giveUp(`the rest of a message did not come within ${messageTimeout} ms`),
      )
  }

  #quiet(): void {
    if (this.#host.inUse(this)) this.#idle?.restart()
    else this.close()
  }

  #giveUp(why: string): void {
    this.close(new TransportError(`${this}: ${why}`))
  }

  #touch(): void {
    this.#idle?.touch()
    this.#host.touched(this)
  }

  #set(name: TimerName, delay: number | undefined, task: () => void): void {
    this.#stop(name)
    if (!delay || this.#stage === 'closed') return
    this.#timers.set(
      name,
      this.#host.clock.setTimer(delay, () => {
        this.#timers.delete(name)
        task()
      }),
    )
  }

  #stop(name: TimerName): void {
    this.#timers.get(name)?.cancel()
    this.#timers.delete(name)
  }
}
