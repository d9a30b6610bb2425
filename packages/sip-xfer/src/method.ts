import type { Method } from 'sip-core'

/**
 * The method by which one user agent asks another to contact a third (RFC 3515).
 *
 * @see pjsip_get_refer_method
 */
export const REFER: Method = 'REFER'
