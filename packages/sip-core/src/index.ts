export * from './auth/index.ts'
export * from './base/index.ts'
export {
  type Body,
  type BodyLimits,
  BodyPart,
  type BodyResult,
  type ExtraHeaders,
  type Multipart,
  type MultipartBody,
  type MultipartInit,
  multipartBody,
  type PartInit,
  readBody,
  type Selection,
  sdpBody,
  selectParts,
} from './body/index.ts'
export * from './endpoint/index.ts'
export * from './message/index.ts'
export * from './parser/index.ts'
export * from './proxy/index.ts'
export * from './transaction/index.ts'
export * from './transport/index.ts'
