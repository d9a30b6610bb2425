export { browserClock, browserRandom, webPlatform } from './platform.ts'
export { type WebSocketClass, type WebSocketLike, type WebSocketOptions, webSocket } from './web-socket.ts'
