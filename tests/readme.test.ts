import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

it('the README shows the first example as it stands in its file', () => {
  expect(read('README.md')).toContain(`\`\`\`ts\n${read('examples/1-blind-transfer.ts')}\`\`\``)
})
