// What a page gets that imports from our client: bundled from the sources, as its own bundler would.
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const ENTRY = '\0entry'

/**
 * @param {string} statement exports from one of our modules, say `export { openStream } from 'synapse-toon/client'`
 * @returns {Promise<{ code: string, late: { file: string, code: string }[] }>} what is loaded at once (the
 *   entry and what it imports statically), and what only some streams ask for, by `import()`
 */
export async function bundleClient(statement, { minify }) {
  const built = await rolldown({
    input: ENTRY,
    // What a page has already, or loads late by itself.
    external: ['@toon-format/toon', 'react'],
    // As our package.json says of our modules, and TOON's of its own.
    treeshake: { moduleSideEffects: false },
    // What is shared with a late chunk stays in the entry, as in the build of a page.
    preserveEntrySignatures: 'allow-extension',
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? id : MODULES[id]),
        load: (id) => (id === ENTRY ? statement : undefined),
      },
    ],
  })
  const { output } = await built.generate({
    format: 'esm',
    minify,
    chunkFileNames: '[name].js',
  })
  await built.close()
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]))
  const atOnce = new Set()
  const add = (file) => {
    const chunk = chunks.get(file)
    if (chunk === undefined || atOnce.has(chunk)) return
    atOnce.add(chunk)
    chunk.imports.forEach(add)
  }
  for (const { isEntry, fileName } of output) if (isEntry) add(fileName)
  return {
    code: [...atOnce].map(({ code }) => code).join(''),
    late: output
      .filter((chunk) => !atOnce.has(chunk))
      .map(({ fileName, code }) => ({ file: fileName, code })),
  }
}

const source = (path) =>
  fileURLToPath(new URL(`../packages/synapse-toon/src/client/${path}`, import.meta.url))

const MODULES = {
  'synapse-toon/client': source('index.ts'),
  'synapse-toon/react': source('react.ts'),
}
