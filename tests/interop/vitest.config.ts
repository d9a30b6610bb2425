import { defineConfig } from 'vitest/config'
import { fromSources } from '../../vitest.sources.ts'

// Real sockets and foreign programs: one file at a time, and time enough for retransmissions.
export default defineConfig({
  ...fromSources,
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['tests/interop/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
