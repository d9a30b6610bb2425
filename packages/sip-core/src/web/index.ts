export { browserClock, browserRandom, webPlatform } from './platform.ts'
