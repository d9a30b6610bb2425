import { TransportError } from '../base/errors.ts'
import { type Address, type Flow, formatAddress, type Transport } from './transport.ts'

/** What `connect` gives on a transport that is not open: a flow over which nothing goes. */
export function closedFlow(transport: Transport, remote: Address): Flow {
  return {
    transport,
    get local() {
      return transport.local
    },
    remote,
    send: (_bytes, failed) => {
      const to = `${transport.protocol} ${formatAddress(remote)}`
      failed(new TransportError(`${to}: the transport is closed`))
    },
    close: () => {},
  }
}
