export { isToken, uintOf } from './chars.ts'
export { Cursor, parseWhole } from './cursor.ts'
export {
  type Feature,
  type FeatureTerm,
  featuresOf,
  isFeatureTag,
  type NumericRange,
  withFeature,
} from './features.ts'
export * from './header/index.ts'
export {
  defineHeader,
  type HeaderCodec,
  type HeaderDefinition,
  type HeaderKind,
  headerKey,
} from './header-codec.ts'
export { type HeaderReader, Headers } from './headers.ts'
export {
  type OutgoingRequest,
  type OutgoingResponse,
  type SipMessage,
  SipRequest,
  type SipRequestInit,
  SipResponse,
  type SipResponseInit,
} from './message.ts'
export { isMethod, type Method } from './method.ts'
export { NameAddr, type NameAddrInit, parseNameAddr, readNameAddr } from './name-addr.ts'
export { type ParamStyle, Params, type ParamsInit, parseParams } from './params.ts'
export { quality } from './quality.ts'
export { ReceivedHeaders } from './received-headers.ts'
export { reasonPhrase, type StatusClass, statusClass } from './status.ts'
export { TelUri, type TelUriInit } from './tel-uri.ts'
export { OpaqueUri, parseUri, SipUri, type SipUriInit, type Uri } from './uri.ts'
export { bytesToText, bytesToWire, textToBytes, textToWire, wireToBytes, wireToText } from './wire.ts'
