export { type Channel, ConnectionFlow, type ConnectionFlowInit } from './connection-flow.ts'
export type { ConnectionPolicy } from './connection-policy.ts'
export { Connections, type ConnectionsOptions, type Vouches } from './connections.ts'
export {
  type Diagnostic,
  type DiagnosticEvents,
  type DiagnosticSink,
  Diagnostics,
  type Dropped,
  defineDiagnostic,
  type MessageTrace,
  type ObservedAddress,
} from './diagnostics.ts'
export type { Dns, DnsAnswer, NaptrRecord, SrvRecord } from './dns.ts'
export type { DnsCacheOptions } from './dns-cache.ts'
export { isNumeric, unbracketed } from './host.ts'
export { ObservedAddresses } from './observed-addresses.ts'
export type { Received, ReceivedRequest, ReceivedResponse } from './received.ts'
export { Resolver, type ResolverContext, type ResolverOptions } from './resolver.ts'
export type { Target } from './target.ts'
export {
  type Address,
  bracketed,
  type ConnectOptions,
  type Flow,
  formatAddress,
  type Transport,
  type TransportEvent,
  type TransportProtocol,
  type TransportReceiver,
} from './transport.ts'
export {
  type MessageEvent,
  type MessageReceiver,
  TransportManager,
  type TransportManagerContext,
} from './transport-manager.ts'
export { isBoundToFlow, responseAddress, sentBy, stampedVia } from './via.ts'
