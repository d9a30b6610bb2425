export * from './refer.ts'
export * from './transfer/index.ts'
