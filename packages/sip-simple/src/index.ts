export * from './evsub/index.ts'
export * from './header/index.ts'
