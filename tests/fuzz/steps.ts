/**
 * How much work is done, counted and not timed: while `run` runs, each character that a string is asked for counts as
 * one step, and so does each that a search, a comparison or a conversion passes over.
 */
export function countSteps(run: () => void): number {
  let steps = 0
  const string = String.prototype
  const undo: (() => void)[] = []
  const wrap = <O extends object>(
    object: O,
    name: keyof O,
    cost: (of: string, args: unknown[], result: unknown) => number,
  ) => {
    const original = object[name] as (...args: unknown[]) => unknown
    const wrapped = function (this: unknown, ...args: unknown[]): unknown {
      const result = Reflect.apply(original, this, args)
      steps += cost(String(this), args, result)
      return result
    }
    object[name] = wrapped as O[keyof O]
    undo.push(() => {
      object[name] = original as O[keyof O]
    })
  }
  const whole = (of: string) => of.length
  wrap(string, 'charCodeAt', () => 1)
  wrap(string, 'indexOf', (of, [sought, from], found) =>
    found === -1 ? of.length - Number(from ?? 0) : Number(found) - Number(from ?? 0) + String(sought).length,
  )
  wrap(string, 'includes', (of, _, found) => (found === true ? 1 : of.length))
  wrap(string, 'startsWith', (_, [sought]) => String(sought).length)
  wrap(string, 'endsWith', (_, [sought]) => String(sought).length)
  for (const name of ['toLowerCase', 'toUpperCase', 'trim', 'split', 'replace', 'replaceAll'] as const)
    wrap(string, name, whole)
  wrap(string, Symbol.iterator as unknown as keyof string, whole)
  wrap(RegExp.prototype, 'test', (_, [text]) => String(text).length)
  wrap(RegExp.prototype, 'exec', (_, [text]) => String(text).length)
  try {
    run()
  } finally {
    for (const back of undo) back()
  }
  return steps
}
