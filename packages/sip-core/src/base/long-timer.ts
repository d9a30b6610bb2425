import type { Timer } from './clock.ts'

/** The longest delay that JavaScript's own timers take, some 24 days; a longer one would fire at once. */
const LONGEST = 0x7fff_ffff

/**
 * A timer of any length, made of timers as JavaScript has them. Peers can ask for long ones: a subscription may last
 * 136 years (RFC 6665 §4.1.3).
 *
 * @param set starts a timer of at most 2^31 - 1 milliseconds; gives what calls it off
 */
export function longTimer(
  set: (delay: number, task: () => void) => () => void,
  delay: number,
  task: () => void,
): Timer {
  let cancel = () => {}
  const wait = (left: number) => {
    cancel = left > LONGEST ? set(LONGEST, () => wait(left - LONGEST)) : set(left, task)
  }
  wait(delay)
  return { cancel: () => cancel() }
}
