export { bestResponse } from './best-response.ts'
export { isLooped, loopBranch, statelessBranch } from './branch-id.ts'
export { createForwardedRequest, type ForwardedRequestInit } from './forward-request.ts'
export { createForwardedResponse } from './forward-response.ts'
export { OwnAddresses } from './own-addresses.ts'
export { ProxyCore, type ProxyEvents, type ProxyOptions } from './proxy-core.ts'
export { recordRoutes, type Side } from './record-route.ts'
export { asRequestUri, departing, type ReceivedRouting, type Routing, receivedRouting } from './routing.ts'
export type { ProxyState } from './session.fsm.ts'
export {
  type ForwardInit,
  ProxySession,
  type ProxySessionContext,
  type ProxySessionEvents,
} from './session.ts'
export { forwardRequest, forwardResponse, type StatelessInit } from './stateless.ts'
export {
  type Candidate,
  type CandidateInit,
  type Redirection,
  TargetSet,
  type TargetSetOptions,
} from './target-set.ts'
export { type ForwardingRules, verifyForwarding } from './verify-forwarding.ts'
