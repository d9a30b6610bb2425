import type { Params } from './params.ts'

/**
 * How much something is liked, 0 to 1: the `q` parameter, 1 without one (RFC 3261 §20.1 to §20.3, §20.10). What is
 * no quality counts as none.
 */
export function quality(params: Params): number {
  const q = params.get('q')
  if (q === undefined || q === null || !/^[01](\.\d{0,3})?$/.test(q)) return 1
  return Math.min(Number(q), 1)
}
