// npm run test:chaos [-- --streams N] [--concurrency N] [--seed N]: the long form of the chaos suite.
// The short one runs with all tests. A seed that a run has printed draws the same faults again.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureParts } from './parts.mjs'
import { root, setup } from './setup.mjs'

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '10000' },
    concurrency: { type: 'string', default: '200' },
    seed: { type: 'string' },
  },
})

setup()
ensureParts()
const env = { ...process.env, CHAOS_STREAMS: values.streams, CHAOS_CONCURRENCY: values.concurrency }
if (values.seed !== undefined) env.CHAOS_SEED = values.seed
const suite = 'packages/synapse-toon-gateway/test/chaos/chaos.test.ts'
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const options = { cwd: root, env, stdio: 'inherit' }
const { status } = spawnSync(process.execPath, [vitest, 'run', suite], options)
process.exit(status ?? 1)
