/**
 * Loads every built entry as an application would, by import and by require, and looks that what two entries
 * of a package both export is one and the same thing: an `instanceof` must hold across 'sip-core' and
 * 'sip-core/node'.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const names = ['sip-core', 'sip-ua', 'sip-simple', 'sip-xfer']
// The workspace's own packages are reachable from where they are depended upon.
const from = new URL('../tests/package.json', import.meta.url)
const require = createRequire(from)
const importFrom = (id) => import(new URL(id, from).href)
const problems = []
let entries = 0

for (const name of names) {
  const manifest = JSON.parse(
    readFileSync(new URL(`../packages/${name}/package.json`, import.meta.url), 'utf8'),
  )
  const seen = { import: new Map(), require: new Map() }
  for (const [subpath, targets] of Object.entries(manifest.exports)) {
    if (typeof targets === 'string') continue
    const id = name + subpath.slice(1)
    entries++
    try {
      const esm = await importFrom(`../packages/${name}/${targets.import.default}`)
      const cjs = require(id)
      compare(seen.import, id, esm)
      compare(seen.require, id, cjs)
      const missing = Object.keys(esm).filter((key) => !(key in cjs))
      if (missing.length > 0) problems.push(`${id}: require lacks ${missing.join(', ')}`)
    } catch (error) {
      problems.push(`${id}: ${error instanceof Error ? error.stack : String(error)}`)
    }
  }
}

function compare(seen, id, module) {
  for (const [key, value] of Object.entries(module)) {
    const before = seen.get(key)
    if (before === undefined) seen.set(key, { id, value })
    else if (before.value !== value) problems.push(`${key} of ${id} is not ${key} of ${before.id}`)
  }
}

for (const problem of problems) console.error(problem)
console.log(
  problems.length === 0 ? `${entries} entries load by import and by require` : 'the builds do not hold',
)
process.exitCode = problems.length === 0 ? 0 : 1
