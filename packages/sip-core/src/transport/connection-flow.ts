import { TransportError } from '../base/errors.ts'
import { type Address, type Flow, formatAddress, type Transport, type TransportEvent } from './transport.ts'

/**
 * What a connection needs of the socket below it, whatever its kind. The owner of the socket reports back to the
 * `ConnectionFlow` by `opened`, `received` and `ended`.
 */
export interface Channel {
  /** Bytes that were written and that the network has not taken yet. */
  readonly buffered: number
  /** Hands bytes to the network; `done` is told once whether it took them. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): void
  /** Sends what was written, then closes. */
  end(): void
  /** Drops everything at once. */
  destroy(): void
}

/** What a `ConnectionFlow` is made of. */
export interface ConnectionFlowInit {
  readonly transport: Transport
  readonly remote: Address
  /** Bytes that may wait to be sent. */
  readonly maxBuffered: number
  /** Hears what happens; `closed` comes last. */
  readonly tell: (event: TransportEvent) => void
  /** The peer announces that it can be reached over this connection at `port`, too. */
  readonly alias: (port: number) => void
}

/**
 * A flow that is a connection of its own: TCP, TLS or WebSocket. Keeps what is sent until the connection is open,
 * within bounds, and cuts off a peer that takes nothing.
 */
export class ConnectionFlow implements Flow {
  readonly transport: Transport
  readonly local: Address
  readonly remote: Address
  readonly #init: ConnectionFlowInit
  #stage: Stage = { name: 'opening', channel: undefined, waiting: [], bytes: 0 }

  constructor(init: ConnectionFlowInit) {
    this.transport = init.transport
    this.local = init.transport.local
    this.remote = init.remote
    this.#init = init
  }

  /** The channel that is being opened. */
  begin(channel: Channel): void {
    if (this.#stage.name === 'opening') this.#stage.channel = channel
    else channel.destroy()
  }

  /** The channel is ready; what waited is sent. */
  opened(): void {
    const stage = this.#stage
    if (stage.name !== 'opening' || stage.channel === undefined) return
    this.#stage = { name: 'open', channel: stage.channel }
    // Before anybody hears of it and sends more.
    for (const { bytes, failed } of stage.waiting) this.send(bytes, failed)
    this.#init.tell({ type: 'open', flow: this })
  }

  /** Bytes came. */
  received(bytes: Uint8Array): void {
    if (this.#stage.name === 'open') this.#init.tell({ type: 'data', flow: this, bytes })
  }

  /** The channel is closed, or nothing more will come from it. */
  ended(cause?: Error): void {
    const opening = this.#stage.name === 'opening'
    if (cause !== undefined) this.#close(this.#error(opening ? 'cannot be reached' : 'lost', cause))
    else if (opening) this.#close(this.#error('closed before it was open'))
    else this.#close(undefined)
  }

  send(bytes: Uint8Array, failed: (error: TransportError) => void): void {
    const stage = this.#stage
    const { maxBuffered } = this.#init
    switch (stage.name) {
      case 'opening':
        if (stage.bytes > 0 && stage.bytes + bytes.length > maxBuffered) {
          failed(this.#error(`${stage.bytes} bytes wait for it to open already`))
          return
        }
        stage.bytes += bytes.length
        stage.waiting.push({ bytes, failed })
        return
      case 'open': {
        const { buffered } = stage.channel
        if (buffered > 0 && buffered + bytes.length > maxBuffered) {
          const error = this.#error(`the peer takes nothing, ${buffered} bytes wait for it`)
          this.#close(error, 'destroy')
          failed(error)
          return
        }
        stage.channel.write(bytes, (cause) => {
          if (cause) failed(this.#error('not sent', cause))
        })
        return
      }
      case 'closed':
        failed(stage.error ?? this.#error('closed'))
    }
  }

  close(reason?: TransportError): void {
    this.#close(reason)
  }

  alias(port: number): void {
    if (this.#stage.name === 'open') this.#init.alias(port)
  }

  #close(error: TransportError | undefined, manner: 'end' | 'destroy' = 'end'): void {
    const stage = this.#stage
    if (stage.name === 'closed') return
    this.#stage = { name: 'closed', error }
    if (stage.name === 'open') stage.channel[manner]()
    else {
      stage.channel?.destroy()
      for (const { failed } of stage.waiting) failed(error ?? this.#error('closed before it was open'))
    }
    this.#init.tell({ type: 'closed', flow: this, ...(error && { error }) })
  }

  #error(what: string, cause?: Error): TransportError {
    const where = `${this.transport.protocol} ${formatAddress(this.remote)}`
    if (cause === undefined) return new TransportError(`${where}: ${what}`)
    return new TransportError(`${where}: ${what}: ${cause.message}`, { cause })
  }
}

type Stage =
  | {
      readonly name: 'opening'
      channel: Channel | undefined
      readonly waiting: { readonly bytes: Uint8Array; readonly failed: (error: TransportError) => void }[]
      bytes: number
    }
  | { readonly name: 'open'; readonly channel: Channel }
  | { readonly name: 'closed'; readonly error: TransportError | undefined }
