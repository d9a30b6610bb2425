/**
 * Proves that the walls hold: copies the wall's configuration beside a workspace of tiny files, each of which
 * breaks one rule, and looks that exactly that rule fires for exactly that file, and none for the lawful ones.
 */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Specimen {
  file: string
  code: string
  /** The rules that must fire; none for a lawful file. */
  rules: string[]
}

/** One of the violations dependency-cruiser reports. */
interface Violation {
  from: string
  cycle?: { name: string }[]
  rule: { name: string }
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const packages = ['sip-core', 'sip-ua', 'sip-simple', 'sip-xfer'] as const
const rooms = ['base', 'message', 'parser', 'body', 'transport', 'transaction', 'auth', 'endpoint', 'proxy']

const imports = (file: string, from: string, ...rules: string[]): Specimen => ({
  file: `packages/${file}`,
  code: `import { x } from '${from}'\nexport const y = x\n`,
  rules,
})
const says = (file: string, code: string, ...rules: string[]): Specimen => ({
  file: `packages/${file}`,
  code: `${code}\n`,
  rules,
})

/** Broken imports, which dependency-cruiser must find. */
const forbiddenImports: Specimen[] = [
  imports('sip-core/src/endpoint/up-ua.ts', 'sip-ua', 'sip-core-is-the-ground'),
  imports('sip-ua/src/up-simple.ts', 'sip-simple', 'sip-ua-knows-sip-core-only'),
  imports('sip-ua/src/up-xfer.ts', 'sip-xfer', 'sip-ua-knows-sip-core-only'),
  imports('sip-simple/src/up.ts', 'sip-xfer', 'sip-simple-stands-under-sip-xfer'),
  imports('sip-simple/src/calls.ts', 'sip-ua/invite', 'sip-simple-knows-dialogs-not-calls'),
  imports('sip-simple/src/agent.ts', 'sip-ua', 'sip-simple-knows-dialogs-not-calls'),
  imports('sip-xfer/src/calls.ts', 'sip-ua/invite', 'only-transfer-knows-calls'),
  imports('sip-xfer/src/agent.ts', 'sip-ua', 'only-transfer-knows-calls'),
  imports('sip-xfer/src/roles.ts', './transfer/index.ts', 'refer-stands-under-transfer'),
  imports('sip-ua/src/reach.ts', '../../sip-core/src/base/index.ts', 'packages-by-name'),
  imports('sip-ua/src/tests.ts', '../../../tests/kit.ts', 'packages-import-no-tests-examples-bench'),
  imports('sip-ua/src/examples.ts', '../../../examples/kit.ts', 'packages-import-no-tests-examples-bench'),
  imports('sip-ua/src/bench.ts', '../../../bench/kit.ts', 'packages-import-no-tests-examples-bench'),
  ...rooms
    .slice(0, -1)
    .map((room, i) =>
      imports(`sip-core/src/${room}/up.ts`, `../${rooms[i + 1]}/index.ts`, `sip-core-${room}-looks-down`),
    ),
  imports('sip-core/src/message/parse.ts', '../parser/index.ts', 'sip-core-message-looks-down'),
  imports('sip-core/src/proxy/top.ts', '../index.ts', 'sip-core-proxy-looks-down'),
  imports('sip-core/src/auth/send.ts', '../transaction/index.ts', 'sip-core-auth-needs-messages-only'),
  imports('sip-core/src/transport/udp.ts', '../node/index.ts', 'platform-is-handed-in'),
  imports('sip-core/src/transport/ws.ts', '../web/index.ts', 'platform-is-handed-in'),
  imports('sip-ua/src/clock.ts', 'sip-core/node', 'platform-is-handed-in'),
  imports('sip-core/src/testing/sockets.ts', '../node/index.ts', 'platform-is-handed-in'),
  imports('sip-core/src/node/ws.ts', '../web/index.ts', 'node-without-web'),
  imports('sip-core/src/web/ws.ts', '../node/index.ts', 'web-without-node'),
  imports('sip-core/src/trace/steps.ts', '../transaction/index.ts', 'sip-core-trace-needs-diagnostics-only'),
  imports('sip-core/src/trace/top.ts', '../index.ts', 'sip-core-trace-needs-diagnostics-only'),
  imports('sip-core/src/transport/capture.ts', '../trace/index.ts', 'trace-is-plugged-in'),
  imports('sip-ua/src/capture.ts', 'sip-core/trace', 'trace-is-plugged-in'),
  imports('sip-core/src/transport/loop.ts', '../testing/index.ts', 'testing-is-for-tests'),
  imports('sip-ua/src/virtual.ts', 'sip-core/testing', 'testing-is-for-tests'),
  imports('sip-ua/src/dialog/up.ts', '../invite/index.ts', 'sip-ua-dialog-is-the-ground'),
  imports('sip-ua/src/header/up.ts', '../invite/index.ts', 'sip-ua-header-is-the-ground'),
  imports('sip-simple/src/header/up.ts', '../evsub/index.ts', 'sip-simple-header-is-the-ground'),
  imports('sip-simple/src/evsub/up.ts', '../presence/index.ts', 'sip-simple-evsub-knows-no-package'),
  imports('sip-xfer/src/header/up.ts', '../refer.ts', 'sip-xfer-header-is-the-ground'),
  imports('sip-core/src/transport/net.ts', 'node:net', 'node-builtins-in-node-only'),
  imports('sip-xfer/src/fs.ts', 'fs', 'node-builtins-in-node-only'),
  imports('sip-core/src/web/net.ts', 'node:net', 'node-builtins-in-node-only'),
  imports('sip-core/src/web/socket.ts', 'ws', 'ws-in-node-only'),
  imports('sip-core/src/transport/socket.ts', 'ws', 'ws-in-node-only'),
  imports('sip-core/src/base/ring-a.ts', './ring-b.ts', 'no-cycles'),
  imports('sip-core/src/base/ring-b.ts', './ring-a.ts', 'no-cycles'),
  says(
    'sip-ua/src/type-ring-a.ts',
    "import type { B } from './type-ring-b.ts'\nexport type A = B[]",
    'no-cycles',
  ),
  says(
    'sip-ua/src/type-ring-b.ts',
    "import type { A } from './type-ring-a.ts'\nexport type B = A[]",
    'no-cycles',
  ),
  imports('sip-core/src/base/nowhere.ts', './not-there.ts', 'resolvable'),
  imports('sip-ua/src/undeclared.ts', 'vitest', 'declared-dependencies'),
  imports('sip-ua/src/leaf.ts', './lawful.test.ts', 'tests-are-imported-by-nobody'),
  imports('sip-ua/src/shown.ts', './lawful.fixture.ts', 'fixtures-are-for-tests'),
]

/** Globals that biome must find. */
const forbiddenGlobals: Specimen[] = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'Date', 'performance', 'crypto'].map((g) =>
    says(`sip-ua/src/global-${g}.ts`, `export const x = ${g}`, 'noRestrictedGlobals'),
  ),
  ...['process', 'Buffer'].map((g) =>
    says(`sip-core/src/transport/global-${g}.ts`, `export const x = ${g}`, 'noRestrictedGlobals'),
  ),
  says('sip-core/src/base/dice.ts', 'export const x = Math.random()', 'noJsRestrictedProperties'),
  says('sip-core/src/base/dice-taken.ts', 'export const { random } = Math', 'noJsRestrictedProperties'),
  says('sip-core/src/base/around.ts', 'export const x = globalThis.setTimeout', 'noJsRestrictedProperties'),
  says('sip-xfer/src/transfer/print.ts', "console.log('x')", 'noConsole'),
  says('sip-core/src/node/print.ts', "console.log('x')", 'noConsole'),
]

/** What the walls must let pass. */
const lawful: Specimen[] = [
  ...rooms.flatMap((room) => [
    says(`sip-core/src/${room}/index.ts`, 'export const x = 1'),
    ...rooms
      .slice(0, room === 'auth' ? 2 : rooms.indexOf(room))
      .map((below) => imports(`sip-core/src/${room}/down-${below}.ts`, `../${below}/index.ts`)),
  ]),
  ...['node', 'web', 'testing'].flatMap((room) => [
    says(`sip-core/src/${room}/index.ts`, 'export const x = 1'),
    ...rooms.map((below) => imports(`sip-core/src/${room}/down-${below}.ts`, `../${below}/index.ts`)),
  ]),
  says('sip-core/src/trace/index.ts', 'export const x = 1'),
  ...['base', 'message', 'transport'].map((below) =>
    imports(`sip-core/src/trace/down-${below}.ts`, `../${below}/index.ts`),
  ),
  imports('sip-core/src/index.ts', './endpoint/index.ts'),
  imports('sip-core/src/base/lawful.test.ts', '../testing/index.ts'),
  imports('sip-core/src/node/net.ts', 'node:net'),
  imports('sip-core/src/node/socket.ts', 'ws'),
  says(
    'sip-core/src/node/clock.ts',
    'export const x = () => [Date.now(), Math.random(), setTimeout, process]',
  ),
  says('sip-core/src/web/clock.ts', 'export const x = () => [Date.now(), Math.random(), setTimeout, crypto]'),
  imports('sip-ua/src/index.ts', 'sip-core'),
  imports('sip-ua/src/lawful.test.ts', 'sip-core/testing'),
  imports('sip-ua/src/lawful.fixture.ts', 'sip-core/testing'),
  imports('sip-ua/src/suite.fixture.ts', 'vitest'),
  imports('sip-ua/src/shared.test.ts', './lawful.fixture.ts'),
  imports('sip-ua/src/tested.test.ts', 'vitest'),
  imports('sip-ua/src/dialog/index.ts', 'sip-core'),
  imports('sip-ua/src/invite/index.ts', '../dialog/index.ts'),
  imports('sip-simple/src/index.ts', 'sip-core'),
  imports('sip-simple/src/evsub/index.ts', 'sip-ua/dialog'),
  imports('sip-simple/src/presence/index.ts', '../evsub/index.ts'),
  imports('sip-xfer/src/refer.ts', 'sip-ua/dialog'),
  imports('sip-xfer/src/subscriber.ts', 'sip-simple'),
  imports('sip-xfer/src/transfer/index.ts', 'sip-ua/invite'),
  imports('sip-xfer/src/index.ts', './transfer/index.ts'),
  { file: 'tests/kit.ts', code: "export { x } from 'sip-core'\n", rules: [] },
  { file: 'examples/kit.ts', code: 'export const x = 1\n', rules: [] },
  { file: 'bench/kit.ts', code: 'export const x = 1\n', rules: [] },
]

const specimens = [...forbiddenImports, ...forbiddenGlobals, ...lawful]
const place = realpathSync(mkdtempSync(join(tmpdir(), 'sip-walls-')))
const problems: string[] = []
try {
  build()
  const found = [...cruise(), ...lint()]
  for (const { file, rules } of specimens) {
    const fired = [...new Set(found.filter((f) => f.file === file).map((f) => f.rule))]
    for (const rule of rules) if (!fired.includes(rule)) problems.push(`${file}: ${rule} did not fire`)
    for (const rule of fired)
      if (!rules.includes(rule)) problems.push(`${file}: ${rule} fired, but should not`)
  }
  const proved = new Set(specimens.flatMap((s) => s.rules))
  for (const rule of wallNames()) if (!proved.has(rule)) problems.push(`no specimen breaks ${rule}`)
} finally {
  rmSync(place, { recursive: true, force: true })
}
for (const problem of problems) console.error(problem)
const broken = forbiddenImports.length + forbiddenGlobals.length
console.log(
  problems.length === 0
    ? `${broken} forbidden files caught, ${lawful.length} lawful ones let pass, every rule seen to fire`
    : `${problems.length} wall(s) with a hole`,
)
process.exitCode = problems.length === 0 ? 0 : 1

function build(): void {
  for (const config of [
    '.dependency-cruiser.cjs',
    'biome.json',
    'tsconfig.json',
    'tsconfig.base.json',
    'package.json',
  ])
    copyFileSync(join(root, config), join(place, config))
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'), 'junction')
  for (const name of packages) {
    const modules = join(place, 'packages', name, 'node_modules')
    mkdirSync(modules, { recursive: true })
    copyFileSync(join(root, 'packages', name, 'package.json'), join(place, 'packages', name, 'package.json'))
    for (const other of packages)
      if (other !== name) symlinkSync(join(place, 'packages', other), join(modules, other), 'junction')
  }
  const ws = 'packages/sip-core/node_modules/ws'
  symlinkSync(realpathSync(join(root, ws)), join(place, ws), 'junction')
  mkdirSync(join(place, 'tests/node_modules'), { recursive: true })
  symlinkSync(join(place, 'packages/sip-core'), join(place, 'tests/node_modules/sip-core'), 'junction')
  for (const { file, code } of specimens) {
    mkdirSync(dirname(join(place, file)), { recursive: true })
    writeFileSync(join(place, file), code)
  }
}

function cruise(): { file: string; rule: string }[] {
  const bin = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const out = run(bin, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'tests')
  const { summary } = JSON.parse(out) as { summary: { violations: Violation[] } }
  // Of a ring only one member is named; the others stand in `cycle`.
  return summary.violations.flatMap(({ from, cycle = [], rule }) =>
    [from, ...cycle.map((member) => member.name)].map((file) => ({ file, rule: rule.name })),
  )
}

function lint(): { file: string; rule: string }[] {
  const walls = ['style/noRestrictedGlobals', 'nursery/noJsRestrictedProperties', 'suspicious/noConsole']
  const only = walls.flatMap((rule) => ['--only', rule])
  const bin = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const options = ['--vcs-enabled=false', '--max-diagnostics=none', '--colors=off', '--reporter=github']
  const out = run(bin, 'lint', ...options, ...only, '.')
  return [...out.matchAll(/title=lint\/\w+\/(\w+),file=([^,]+),/g)].map((m) => ({
    file: relative(place, resolve(place, m[2] ?? '')),
    rule: m[1] ?? '',
  }))
}

function run(bin: string, ...args: string[]): string {
  const { stdout, stderr, error } = spawnSync(process.execPath, [bin, ...args], {
    cwd: place,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (error !== undefined || stdout === '') throw new Error(`${bin} said nothing: ${error ?? stderr}`)
  return stdout
}

function wallNames(): string[] {
  const config = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
    forbidden: { name: string }[]
  }
  const globals = ['noRestrictedGlobals', 'noJsRestrictedProperties', 'noConsole']
  return [...config.forbidden.map((rule) => rule.name), ...globals]
}
