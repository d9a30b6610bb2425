import { defineConfig } from 'vitest/config'
import { fromSources } from './vitest.sources.ts'

export default defineConfig({
  ...fromSources,
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'tests/interop/**'],
    passWithNoTests: true,
  },
})
