import type { Endpoint } from 'sip-core'
import { type EventPackage, EvsubLayer } from 'sip-simple'
import { ReferredBy, ReferTo } from './header/index.ts'
import { REFER } from './method.ts'
import { SIPFRAG } from './sipfrag.ts'

/**
 * The event package `refer` (RFC 3515 §3): how the request that a REFER has caused comes along. Its subscriptions
 * are made by REFER alone, and last 10 minutes unless the notifier says otherwise, as PJSIP's do.
 */
export const refer: EventPackage = {
  name: 'refer',
  accept: [SIPFRAG],
  defaultExpires: 600,
  minExpires: 0,
  maxExpires: 3600,
}

/**
 * Makes an endpoint know REFER: the method in Allow, `refer` in Allow-Events, the headers of both. To do it again
 * changes nothing.
 *
 * @see pjsip_xfer_init_module
 */
export function installRefer(endpoint: Endpoint): void {
  EvsubLayer.of(endpoint).register(refer)
  endpoint.capabilities.methods.add(REFER)
  endpoint.understand([ReferTo, ReferredBy])
}
