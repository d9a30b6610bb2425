import type { Random } from '../base/random.ts'
import { Params, ViaValue } from '../message/index.ts'
import { type Flow, sentBy } from '../transport/index.ts'
import { newBranch } from './key.ts'

/**
 * The Via for a request that leaves on `flow`: where the transport can be reached, `branch`, and the wish to be
 * answered at the port the request came from (RFC 3261 §18.1.1, RFC 3581 §3).
 */
export function createVia({ transport }: Flow, branch: string): ViaValue {
  const params = Params.of([
    ['rport', null],
    ['branch', branch],
  ])
  return new ViaValue({ transport: transport.protocol, ...sentBy(transport), params })
}

/** The Via for a request without a transaction, such as the ACK to a 2xx: as `createVia`, with a new branch. */
export function newVia(flow: Flow, random: Random): ViaValue {
  return createVia(flow, newBranch(random))
}
