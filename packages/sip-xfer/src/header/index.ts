export { ReferTo } from './refer-to.ts'
export { contentIdOf, ReferredBy } from './referred-by.ts'
