import { isUtf8 } from 'node:buffer'
import type { WebSocket } from 'ws'
import {
  closedWith,
  SIP_SUBPROTOCOL,
  type WebSocketChannel,
  type WebSocketPort,
} from '../transport/web-socket-channel.ts'

/** What both ends of a WebSocket here have in common. Compression is no bargain at the length of SIP messages. */
export const SOCKET_OPTIONS = {
  perMessageDeflate: false,
  /** Milliseconds that a peer has to answer a close frame before its socket is destroyed. */
  closeTimeout: 1000,
} as const

/** Whether `sip` is among the subprotocols that a client offers (RFC 7118 §4.1). */
export function offersSip(header: string | undefined): boolean {
  return header?.split(',').some((name) => name.trim() === SIP_SUBPROTOCOL) ?? false
}

/**
 * Puts a channel on a socket of the `ws` package, one that is open or one that is about to be.
 *
 * @param closeCode with which code of RFC 6455 §7.4.1 it is closed in order, asked when it is
 */
export function portOf(
  socket: WebSocket,
  channel: WebSocketChannel,
  closeCode: () => 1000 | 1001,
): WebSocketPort {
  // An error is always followed by `close`.
  let failure: Error | undefined
  socket.on('open', () => channel.opened(socket.protocol))
  // As long as nobody touches `binaryType` a message is one Buffer.
  socket.on('message', (data) => channel.received(data as Buffer))
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', (code, reason) => channel.ended(failure ?? closedWith(code, reason.toString())))
  return {
    get open() {
      return socket.readyState === socket.OPEN
    },
    get buffered() {
      return socket.bufferedAmount
    },
    send: (bytes, done) => socket.send(bytes, { binary: !isUtf8(bytes) }, done),
    close: () => socket.close(closeCode()),
    drop: () => socket.terminate(),
  }
}
