export type { EndpointState } from './admission.ts'
export type { Authenticate } from './attempt.ts'
export { Capabilities } from './capabilities.ts'
export type { ClientRequestState } from './client-request.fsm.ts'
export type { ClientRequest, ClientRequestEvent, ClientRequestUser } from './client-request.ts'
export { createRequest, type RequestInit } from './create-request.ts'
export { createResponse, type ResponseInit } from './create-response.ts'
export { type CloseOptions, Endpoint, type EndpointOptions } from './endpoint.ts'
export type { EndpointLimits } from './limits.ts'
export { type EndpointModule, ModulePriority } from './module.ts'
export type { Platform } from './platform.ts'
export { RejectedError } from './rejected-error.ts'
export {
  type DroppedHeader,
  type RequestFromUriOptions,
  requestFromUri,
  URI_HEADERS,
  type UriRequest,
} from './request-from-uri.ts'
export type { Relay, SendOptions, StatelessSendOptions } from './sender.ts'
export { type Refusal, verifyRequest } from './verify-request.ts'
