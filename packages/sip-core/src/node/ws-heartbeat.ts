import type { WebSocket } from 'ws'
import type { Clock, Timer } from '../base/clock.ts'
import { QuietTimer } from '../base/quiet-timer.ts'

/** When the peer of a WebSocket is asked whether it is there. Times are in milliseconds. */
export interface HeartbeatOptions {
  /** Without a frame of the peer, after which it gets a ping frame (RFC 7118 §6); default 30 000, 0 never asks. */
  readonly keepAlive?: number
  /** From the ping to the next frame of the peer, before the connection is given up; default 10 000. */
  readonly pongTimeout?: number
  /** Measures these times; default the system's clock. */
  readonly clock?: Clock
}

/**
 * Asks the peer of a WebSocket for a sign when it was not heard of for long. A browser answers by itself, whatever
 * its page does; a page that is gone without a word shows so.
 *
 * @param dead the peer has shown no sign
 */
export function watchHeartbeat(
  socket: WebSocket,
  { keepAlive = 30_000, pongTimeout = 10_000, clock }: HeartbeatOptions & { readonly clock: Clock },
  dead: (error: Error) => void,
): void {
  // Runs from a question to the peer's next sign.
  let asked: Timer | undefined
  const quiet = new QuietTimer(clock, keepAlive, () => {
    asked = clock.setTimer(pongTimeout, () => dead(new Error(`no sign of the peer within ${pongTimeout} ms`)))
    if (socket.readyState === socket.OPEN) socket.ping()
  })
  const heard = () => {
    if (asked === undefined) return quiet.touch()
    asked.cancel()
    asked = undefined
    quiet.restart()
  }
  for (const frame of ['message', 'ping', 'pong'] as const) socket.on(frame, heard)
  socket.once('close', () => {
    quiet.cancel()
    asked?.cancel()
  })
}
