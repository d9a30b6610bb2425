export * from './dialog/index.ts'
export * from './header/index.ts'
export * from './invite/index.ts'
export {
  type AddressLike,
  type CallInit,
  toNameAddr,
  UserAgent,
  type UserAgentEvents,
  type UserAgentInit,
} from './user-agent.ts'
