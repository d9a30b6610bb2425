import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { TransportError } from '../base/errors.ts'
import { type Address, formatAddress } from '../transport/index.ts'

/** Sends packets to one address, and does not care what becomes of them. */
export interface UdpSender extends AsyncDisposable {
  /** Sends one packet. Never throws: who is watched is not disturbed by who watches. */
  send(packet: Uint8Array): void
  /** Sends what was handed over, then nothing more. */
  close(): Promise<void>
}

/**
 * A way to a collector over UDP, for `HepSender` and what is like it. It does not keep the process alive.
 *
 * @param address where the collector is; a name is looked up once
 * @throws TransportError (rejects) when the name is not found
 */
export async function udpSender(address: Address): Promise<UdpSender> {
  const host = await lookup(address.host).then(
    (found) => found.address,
    (cause: Error) => {
      const message = `UDP ${formatAddress(address)} is not found: ${cause.message}`
      throw new TransportError(message, { cause })
    },
  )
  const socket = createSocket({
    type: isIPv6(host) ? 'udp6' : 'udp4',
    lookup: (literal, _options, done) => done(null, literal, isIPv6(literal) ? 6 : 4),
  })
  socket.on('error', () => {}).unref()
  let underWay = 0
  let drained: (() => void) | undefined
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= new Promise<void>((resolve) => {
      drained = resolve
      if (underWay === 0) resolve()
    }).then(() => new Promise<void>((resolve) => socket.close(resolve)))
    return closing
  }
  return {
    send(packet) {
      if (closing !== undefined) return
      underWay++
      socket.send(packet, address.port, host, () => {
        underWay--
        if (underWay === 0) drained?.()
      })
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
