import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { index: 'src/index.ts', cli: 'src/bin.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  // Only what this config makes: `dist/page` and `dist/docs` are other steps of the build.
  clean: ['dist/*.mjs', 'dist/*.d.mts'],
})
