// node bench/sizes.mjs [--json]: what a page carries that imports our client, minified, and gzipped at
// level 9. Counted is what is loaded at once. What only some streams ask for (base64, TOON, brotli, a
// schema) is loaded by `import()` when they do, and has lines of its own. React is the page's.
// `--json` adds the code itself, for the test that holds the sizes.
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { bundleClient } from './client-bundle.mjs'

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })

const PARTS = {
  'parser alone': "export { createEventStreamParser } from 'synapse-toon/client'",
  openStream: "export { openStream } from 'synapse-toon/client'",
  EventSource: "export { EventSource } from 'synapse-toon/client'",
  'React hook, openStream included': "export { useSynapseStream } from 'synapse-toon/react'",
}

const sizesOf = (code) => ({
  minified: Buffer.byteLength(code),
  gzipped: gzipSync(code, { level: 9 }).length,
})

const results = {}
for (const [name, statement] of Object.entries(PARTS)) {
  const { code, late } = await bundleClient(statement, { minify: true })
  results[name] = {
    ...sizesOf(code),
    code,
    late: late.map((chunk) => ({ ...chunk, ...sizesOf(chunk.code) })),
  }
}

if (values.json) {
  console.log(JSON.stringify(results))
} else {
  const row = (name, { minified, gzipped }) =>
    console.log(name.padEnd(40), `${minified}`.padStart(8), `${gzipped}`.padStart(8))
  console.log('bytes'.padEnd(40), 'minified'.padStart(8), 'gzipped'.padStart(8))
  for (const [name, result] of Object.entries(results)) {
    row(name, result)
    for (const chunk of result.late) row(`  later: ${chunk.file}`, chunk)
  }
  const hook = results['React hook, openStream included']
  const { minified, gzipped } = results.openStream
  row('React hook, above openStream', {
    minified: hook.minified - minified,
    gzipped: hook.gzipped - gzipped,
  })
}
