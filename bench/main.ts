/** `npx pnpm bench [NAME] [--json FILE]`: everything, or what has NAME in its name. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Measurement, measure } from './harness.ts'
import { parse } from './parse.ts'

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true })
const benchmarks = [...parse].filter(({ name }) => positionals.every((word) => name.includes(word)))
if (benchmarks.length === 0) {
  console.error(`no benchmark has '${positionals.join("' and '")}' in its name`)
  process.exit(2)
}

const all: Measurement[] = []
for (const benchmark of benchmarks) {
  console.log(`\n${benchmark.name}`)
  for (const measurement of measure(benchmark)) {
    const { contender, perSecond, noise, ratio } = measurement
    const speed = Math.round(perSecond).toLocaleString('en').padStart(12)
    const beside = ratio === undefined ? '' : `   sip-core is ${ratio.toFixed(2)} x as fast`
    console.log(
      `  ${contender.padEnd(10)}${speed} ${benchmark.unit}/s  ±${Math.round(noise * 100)} %${beside}`,
    )
    all.push(measurement)
  }
}
const ratios = all.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio]))
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
console.log(`\ngeometric mean of the ratios: ${mean.toFixed(2)}`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, undefined, 2)}\n`)
