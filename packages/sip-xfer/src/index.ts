export * from './refer.ts'
