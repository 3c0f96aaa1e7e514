// `npm test [-- VITEST OPTIONS]`: all tests, from a fresh clone on.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureParts } from './parts.mjs'
import { root, setup } from './setup.mjs'

setup()
ensureParts()
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const { status } = spawnSync(
  process.execPath,
  ['--expose-gc', vitest, 'run', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
process.exit(status ?? 1)
