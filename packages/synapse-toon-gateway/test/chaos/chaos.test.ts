import { createSeededRandom } from 'synapse-toon/testing'
import { expect, it } from 'vitest'
import { startCluster } from './cluster.ts'
import { startFaults } from './faults.ts'
import { runStreams } from './run.ts'

/** `npm run test:chaos` sets them; as they are here the run is short, for CI. */
const { CHAOS_STREAMS = '300', CHAOS_CONCURRENCY = '60', CHAOS_SEED } = process.env
const INSTANCES = 3
/** Faults per second: twice what is asked for, as some find nothing to break. */
const EVERY_MS = 60
const LEAST_PER_SECOND = 5

it('loses and doubles nothing, and ends nothing silently, whatever breaks', {
  timeout: 3_600_000,
}, async () => {
  const random = createSeededRandom(CHAOS_SEED === undefined ? undefined : Number(CHAOS_SEED))
  console.log(`chaos: CHAOS_SEED=${random.seed}, ${CHAOS_STREAMS} streams, ${INSTANCES} instances`)
  const cluster = await startCluster(INSTANCES, random)
  const startedAt = performance.now()
  const faults = startFaults(cluster, random.fork('faults'), EVERY_MS)
  const report = await runStreams(cluster, random.fork('streams'), {
    streams: Number(CHAOS_STREAMS),
    concurrency: Number(CHAOS_CONCURRENCY),
  })
  const seconds = (performance.now() - startedAt) / 1000
  await faults.stop()
  const done = Object.values(faults.counts).reduce((sum, count) => sum + count, 0)
  console.log(`chaos: ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(1)} faults per second`)
  console.log('chaos:', faults.counts, report)

  expect(report.broken, `CHAOS_SEED=${random.seed}`).toEqual([])
  expect(report.gaps).toBe(0)
  expect(done / seconds).toBeGreaterThan(LEAST_PER_SECOND)
  expect(report.endings.complete).toBeGreaterThan(report.readers / 2)
})
