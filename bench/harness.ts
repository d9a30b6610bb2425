/** One side of a comparison: does its work `times` times, and gives something that depends on it. */
export interface Contender {
  readonly name: string
  run(times: number): unknown
}

/** Work that several do; the first is ours, and is measured against each of the others. */
export interface Benchmark {
  readonly name: string
  /** What is counted, e.g. `messages`. */
  readonly unit: string
  readonly contenders: readonly [Contender, ...Contender[]]
}

/** What was measured: medians over the rounds. */
export interface Measurement {
  readonly benchmark: string
  readonly contender: string
  readonly perSecond: number
  /** How far the rounds' quartiles lie apart, as a share of the median: the machine's noise. */
  readonly noise: number
  /** The median over the rounds of ours beside it in the same round; undefined for ours. */
  readonly ratio: number | undefined
}

const ROUNDS = 15
const ROUND_MS = 120

/**
 * Measures turn by turn, so that what the machine does besides hits all alike: each round gives every contender the
 * same time, and ratios are taken within the round.
 */
export function measure({ name, contenders }: Benchmark): readonly Measurement[] {
  const sizes = contenders.map(warmUp)
  const rounds = Array.from({ length: ROUNDS }, () =>
    contenders.map(({ run }, i) => {
      const times = sizes[i] as number
      const start = performance.now()
      sink = run(times)
      return (times / (performance.now() - start)) * 1000
    }),
  )
  return contenders.map((contender, i) => {
    const speeds = rounds.map((round) => round[i] as number)
    const ratios = rounds.map((round) => (round[0] as number) / (round[i] as number))
    return {
      benchmark: name,
      contender: contender.name,
      perSecond: quantile(speeds, 0.5),
      noise: (quantile(speeds, 0.75) - quantile(speeds, 0.25)) / quantile(speeds, 0.5),
      ratio: i === 0 ? undefined : quantile(ratios, 0.5),
    }
  })
}

// Kept where the compiler cannot see that nobody reads it.
export let sink: unknown

/** Runs until the compiler has settled; how many times fill a round. */
function warmUp({ run }: Contender): number {
  let times = 16
  for (;;) {
    const start = performance.now()
    sink = run(times)
    const took = performance.now() - start
    if (took >= ROUND_MS) return Math.max(1, Math.round((times * ROUND_MS) / took))
    times *= 2
  }
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number
}
