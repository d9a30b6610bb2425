import type { Socket } from 'node:net'
import type { Channel, ConnectionFlow } from '../transport/index.ts'

/** Milliseconds that a peer has to close its side too, before its socket is destroyed. */
const LINGER = 1000

/**
 * Puts a flow on a TCP or TLS socket.
 *
 * @param ready the event at which the socket can be used; undefined if it can be now
 */
export function socketChannel(
  socket: Socket,
  flow: ConnectionFlow,
  ready?: 'connect' | 'secureConnect',
): Channel {
  // An error is always followed by `close`.
  let failure: Error | undefined
  socket.setNoDelay(true)
  socket.on('data', (bytes: Buffer) => flow.received(bytes))
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', () => flow.ended(failure))
  // A peer that has closed its side takes no more part, whether it still reads or not.
  const untilEnd = () => socket.on('end', () => flow.ended())
  if (ready === undefined) untilEnd()
  else
    socket.once(ready, () => {
      untilEnd()
      flow.opened()
    })
  return {
    get buffered() {
      return socket.writableLength
    },
    write: (bytes, done) => {
      socket.write(bytes, done)
    },
    end: () => {
      // What still comes is read and forgotten: closing a socket with unread bytes in it would reset the connection,
      // and the peer might never see what was sent last.
      socket.end()
      const timer = setTimeout(() => socket.destroy(), LINGER)
      socket.once('close', () => clearTimeout(timer))
    },
    destroy: () => {
      socket.destroy()
    },
  }
}
