export * from './header/index.ts'
export { REFER } from './method.ts'
export { ReferNotifier, type ReferNotifierEvents } from './refer-notifier.ts'
export { installRefer, refer } from './refer-package.ts'
export {
  type ReferInit,
  type ReferNotification,
  ReferSubscriber,
  type ReferSubscriberEvents,
} from './refer-subscriber.ts'
export { parseSipfrag, printSipfrag, SIPFRAG, type Sipfrag, sipfragBody } from './sipfrag.ts'
