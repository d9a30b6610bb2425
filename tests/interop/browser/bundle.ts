import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** A script for a browser. */
export interface Bundle {
  /** Defines `Sip`. */
  readonly script: string
  /** The files that it is made of, as paths within the repository. */
  readonly inputs: readonly string[]
  /** What it would still import. */
  readonly imports: readonly string[]
  /** In bytes, minified and compressed. */
  readonly gzipped: number
}

/** Bundles the four packages, with the page that uses them, for a browser. */
export async function bundlePage(): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    absWorkingDir: fileURLToPath(new URL('../../..', import.meta.url)),
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'iife',
    globalName: 'Sip',
    platform: 'browser',
    target: 'es2022',
    conditions: ['sip-source'],
    logLevel: 'silent',
  })
  const script = outputFiles[0]?.text ?? ''
  return {
    script,
    inputs: Object.keys(metafile.inputs),
    imports: Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
    gzipped: gzipSync(script, { level: 9 }).length,
  }
}
