/** Resolves the workspace's packages to their sources, so that tests need no build. */
export const fromSources = {
  resolve: {
    conditions: ['sip-source', 'module', 'browser', 'development|production'],
  },
  ssr: {
    resolve: {
      conditions: ['sip-source', 'module', 'node', 'development|production'],
      externalConditions: ['sip-source', 'node'],
    },
  },
}
