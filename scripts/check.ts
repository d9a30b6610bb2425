/**
 * The one door for everything that is not a test: format and lint, types, walls, builds, packages.
 * Every step runs, whatever became of the one before it; the failed ones are listed at the end.
 * `pnpm check types walls` runs only the steps whose names contain one of the words.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const packages = ['sip-core', 'sip-ua', 'sip-simple', 'sip-xfer']
const tarballs = mkdtempSync(join(tmpdir(), 'sip-packed-'))

interface Step {
  name: string
  /** The step whose result this one looks at: no use without it. */
  needs?: string
  run: () => boolean
}

const steps: Step[] = [
  { name: 'format and lint', run: () => bin('biome', 'ci', '--error-on-warnings', '.') },
  { name: 'types', run: () => bin('tsc', '--project', 'tsconfig.json') },
  { name: 'types without Node', run: () => bin('tsc', '--project', 'tsconfig.portable.json') },
  {
    name: 'walls',
    run: () =>
      bin('depcruise', '--config', '.dependency-cruiser.cjs', 'packages', 'tests', 'examples', 'bench'),
  },
  { name: 'walls hold', run: () => bin('tsx', 'scripts/prove-walls.ts') },
  { name: 'build', run: () => bin('turbo', 'run', 'build', '--output-logs=errors-only') },
  { name: 'builds load', needs: 'build', run: () => run(process.execPath, 'scripts/prove-builds.mjs') },
  {
    name: 'pack',
    needs: 'build',
    run: () =>
      every((name) => run('pnpm', '--dir', `packages/${name}`, 'pack', '--pack-destination', tarballs)),
  },
  { name: 'publint', needs: 'pack', run: () => every((name) => bin('publint', '--strict', packed(name))) },
  {
    name: 'are the types wrong',
    needs: 'pack',
    run: () => every((name) => bin('attw', '--profile', 'node16', '--format', 'ascii', packed(name))),
  },
]

const words = process.argv.slice(2)
const wanted = new Set(steps.map((step) => step.name).filter((name) => named(name)))
for (const { name, needs } of [...steps].reverse())
  if (needs !== undefined && wanted.has(name)) wanted.add(needs)

const results: { name: string; ok: boolean; note: string }[] = []
try {
  for (const step of steps) if (wanted.has(step.name)) take(step)
} finally {
  rmSync(tarballs, { recursive: true, force: true })
}

console.log('\n── check')
for (const { name, ok, note } of results) console.log(`${ok ? '✓' : '✗'} ${name} (${note})`)
const failed = results.filter((result) => !result.ok).map((result) => result.name)
if (failed.length > 0)
  console.error(`\n${failed.length} of ${results.length} steps failed: ${failed.join(', ')}`)
if (results.length === 0) console.error(`no step is named ${words.join(' or ')}`)
process.exitCode = failed.length > 0 || results.length === 0 ? 1 : 0

function named(name: string): boolean {
  return words.length === 0 || words.some((word) => name.includes(word))
}

function take({ name, needs, run }: Step): void {
  console.log(`\n── ${name}`)
  const start = performance.now()
  const lacking = results.some((result) => result.name === needs && !result.ok)
  const ok = !lacking && run()
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`
  const note = lacking ? `not run, for ${needs} failed` : ok ? seconds : `FAILED, ${seconds}`
  console.log(`${ok ? '✓' : '✗'} ${name} (${note})`)
  results.push({ name, ok, note })
}

function run(command: string, ...args: string[]): boolean {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  })
  if (error !== undefined) console.error(String(error))
  return status === 0
}

function bin(name: string, ...args: string[]): boolean {
  return run(join(root, 'node_modules/.bin', name), ...args)
}

/** Runs a step for each package, the later ones too when an earlier one failed. */
function every(step: (name: string) => boolean): boolean {
  return packages.map(step).every(Boolean)
}

function packed(name: string): string {
  const tarball = readdirSync(tarballs).find(
    (file) => /^\d/.test(file.slice(name.length + 1)) && file.startsWith(`${name}-`),
  )
  return join(tarballs, tarball ?? `${name}.tgz`)
}
