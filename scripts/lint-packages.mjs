// What a user of the published packages meets: publint for package.json, attw for types.
import { join } from 'node:path'
import { root, run, setup } from './setup.mjs'

setup()
for (const name of ['synapse-toon', 'synapse-toon-gateway']) {
  const folder = join(root, 'packages', name)
  run('npx', ['publint', 'run', '--strict', folder])
  // ESM only: what `require` of old Node or CommonJS resolution would see is not promised.
  run('npx', ['attw', '--pack', folder, '--profile', 'esm-only', '--quiet'])
}
