import { defineConfig } from 'tsup'

/** The one way a package here is built: ESM and CommonJS, each with its types and source maps. */
export const library = (entry: string[]) =>
  defineConfig({
    entry,
    outDir: 'dist',
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    external: [/^node:/],
    removeNodeProtocol: false,
    // A class reached through two entries must be one class, in CommonJS too.
    splitting: true,
    // Rollup's pass turns the chunks into CommonJS; without it tsup rewrites `?.` and `??` into slow calls.
    treeshake: true,
    dts: true,
    sourcemap: true,
    clean: true,
  })
