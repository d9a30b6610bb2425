// The walls: which room may import from which. Each rule says why;
// scripts/prove-walls.ts shows that every one of them holds.

const test = '\\.test\\.ts$'
const fixture = '\\.fixture\\.ts$'
const core = '^packages/sip-core/src/'
const ua = '^packages/sip-ua/src/'
const simple = '^packages/sip-simple/src/'
const xfer = '^packages/sip-xfer/src/'

/** Rooms of sip-core from the ground up: a room may import those before it. */
const stairs = ['base', 'message', 'parser', 'body', 'transport', 'transaction', 'auth', 'endpoint', 'proxy']

const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

module.exports = {
  forbidden: [
    // ---- between packages
    never(
      'sip-core-is-the-ground',
      'sip-core imports no other package of the line.',
      { path: '^packages/sip-core/' },
      { path: '^packages/(sip-ua|sip-simple|sip-xfer)/' },
    ),
    never(
      'sip-ua-knows-sip-core-only',
      'sip-ua stands under sip-simple and sip-xfer.',
      { path: '^packages/sip-ua/' },
      { path: '^packages/(sip-simple|sip-xfer)/' },
    ),
    never(
      'sip-simple-stands-under-sip-xfer',
      'sip-simple does not know of transfers.',
      { path: '^packages/sip-simple/' },
      { path: '^packages/sip-xfer/' },
    ),
    never(
      'sip-simple-knows-dialogs-not-calls',
      'A subscription is a dialog usage beside the call, not part of it (RFC 5057): import sip-ua/dialog.',
      { path: simple },
      { path: ua, pathNot: `${ua}dialog/` },
    ),
    never(
      'only-transfer-knows-calls',
      'REFER itself needs dialogs and evsub alone; only src/transfer/ and src/index.ts may know calls.',
      { path: xfer, pathNot: `${xfer}(transfer/|index\\.ts$)` },
      { path: ua, pathNot: `${ua}dialog/` },
    ),
    never(
      'refer-stands-under-transfer',
      'The REFER package works without the application level.',
      { path: xfer, pathNot: `${xfer}(transfer/|index\\.ts$)` },
      { path: `${xfer}(transfer/|index\\.ts$)` },
    ),
    never(
      'packages-by-name',
      'Another package is imported by its name, never by a path into its files.',
      { path: '^packages/([^/]+)/' },
      { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    ),
    never(
      'packages-import-no-tests-examples-bench',
      'What is published does not lean on what is not.',
      { path: '^packages/' },
      { path: '^(tests|examples|bench|scripts)/' },
    ),

    // ---- between the rooms of sip-core
    ...stairs
      .slice(0, -1)
      .map((room, i) =>
        never(
          `sip-core-${room}-looks-down`,
          `${room}/ imports only what stands before it: ${stairs.slice(0, i).join(', ') || 'nothing'}.`,
          { path: `${core}${room}/` },
          { path: `${core}((${stairs.slice(i + 1).join('|')})/|[^/]+\\.ts$)` },
        ),
      ),
    never(
      'sip-core-proxy-looks-down',
      'proxy/ is the top room; the index is above it.',
      { path: `${core}proxy/` },
      { path: `${core}[^/]+\\.ts$` },
    ),
    never(
      'sip-core-auth-needs-messages-only',
      'auth/ needs messages alone; who challenges and who answers is decided above it.',
      { path: `${core}auth/` },
      { path: `${core}(transport|transaction)/` },
    ),
    never(
      'platform-is-handed-in',
      'node/ and web/ plug in from outside; nothing inside asks for them.',
      { path: '^packages/[^/]+/src/', pathNot: `${test}|${core}(node|web)/` },
      { path: `${core}(node|web)/` },
    ),
    never(
      'node-without-web',
      'The two platforms stand apart.',
      { path: `${core}node/` },
      { path: `${core}web/` },
    ),
    never(
      'web-without-node',
      'The two platforms stand apart.',
      { path: `${core}web/` },
      { path: `${core}node/` },
    ),
    never(
      'sip-core-trace-needs-diagnostics-only',
      'trace/ writes down what the transports show; who transacts or answers is nothing to it.',
      { path: `${core}trace/`, pathNot: `${test}|${fixture}` },
      { path: `${core}((parser|body|transaction|auth|endpoint|proxy)/|[^/]+\\.ts$)` },
    ),
    never(
      'trace-is-plugged-in',
      'Who wants a capture plugs it in from outside.',
      { path: '^packages/[^/]+/src/', pathNot: `${test}|${core}trace/` },
      { path: `${core}trace/` },
    ),
    never(
      'testing-is-for-tests',
      'The test kit is imported by tests alone.',
      { path: '^packages/', pathNot: `${test}|${fixture}|${core}testing/` },
      { path: `${core}testing/` },
    ),

    // ---- between the rooms above
    never(
      'sip-ua-header-is-the-ground',
      'header/ types know nothing of the machinery.',
      { path: `${ua}header/` },
      { path: ua, pathNot: `${ua}header/` },
    ),
    never(
      'sip-ua-dialog-is-the-ground',
      'A dialog does not know which usages live in it.',
      { path: `${ua}dialog/` },
      { path: ua, pathNot: `${ua}dialog/` },
    ),
    never(
      'sip-simple-header-is-the-ground',
      'header/ types know nothing of the machinery.',
      { path: `${simple}header/` },
      { path: simple, pathNot: `${simple}header/` },
    ),
    never(
      'sip-simple-evsub-knows-no-package',
      'evsub/ carries every event package and knows none.',
      { path: `${simple}evsub/` },
      { path: simple, pathNot: `${simple}(evsub|header)/` },
    ),
    never(
      'sip-xfer-header-is-the-ground',
      'header/ types know nothing of the machinery.',
      { path: `${xfer}header/` },
      { path: xfer, pathNot: `${xfer}header/` },
    ),

    // ---- everywhere
    never(
      'node-builtins-in-node-only',
      'The same code runs in a browser.',
      { path: '^packages/', pathNot: `${core}node/|${test}|/tsup\\.config\\.ts$` },
      { dependencyTypes: ['core'] },
    ),
    never(
      'ws-in-node-only',
      'A browser has a WebSocket of its own.',
      { path: '^packages/', pathNot: `${core}node/|${test}` },
      { path: 'node_modules/ws/' },
    ),
    never('no-cycles', 'No cycles, types included.', {}, { circular: true }),
    never('resolvable', 'An import leads somewhere.', {}, { couldNotResolve: true }),
    never(
      'declared-dependencies',
      'What is published imports only what its package.json lists under dependencies.',
      { path: '^packages/[^/]+/src/', pathNot: `${test}|${fixture}` },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
    never('tests-are-imported-by-nobody', 'A test file is a leaf.', {}, { path: test }),
    never(
      'fixtures-are-for-tests',
      'What tests share is published no more than they are.',
      { pathNot: `${test}|${fixture}` },
      { path: fixture },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^packages/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['sip-source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
}
