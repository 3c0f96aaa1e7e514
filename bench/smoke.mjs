// `npm run bench:smoke`: that the ratios to bare node:http stand, with slack, and nothing is lost.
// The measures are those of `npm run bench`, with less work.
import { setup } from '../scripts/setup.mjs'
import { allContenders, BARE, OURS } from './contenders.mjs'
import { load } from './load.mjs'
import { burst } from './measures/burst.mjs'
import { slopeOf } from './measures/cpu-of.mjs'
import { sliceOf } from './measures/slices.mjs'
import { setUp, turn } from './measures/turn.mjs'
import { runMeasure } from './runner.mjs'
import { startServer } from './server.mjs'

const ROUNDS = 5

/** Each is our processor time as a multiple of bare node:http's, with slack for a shared machine. */
const MEASURES = [
  {
    ...burst,
    atMost: 1.2,
    sample: (server) =>
      slopeOf(server, { mode: 'burst', connections: 1, short: 1000, long: 41_000 }),
  },
  {
    ...turn,
    title: 'One event in a turn for each of 200 connections',
    passes: 6,
    atMost: 1.3,
    sample: (server) => sliceOf(server, { mode: 'turn', connections: 200 }),
  },
  { ...setUp, atMost: 4 },
]

let failed = 0
function report(name, holds, figures) {
  if (!holds) failed++
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${name}: ${figures}; nothing lost`)
}

setup()
const contenders = allContenders().filter(({ name }) => name === BARE || name === OURS)
for (const { atMost, ...measure } of MEASURES) {
  const { results } = await runMeasure(measure, contenders, { rounds: ROUNDS, maxAgain: 0 })
  const { ratio } = results[OURS]
  const spread = `${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)}`
  const figures = `${ratio.median.toFixed(2)} x ${BARE} (${spread}), at most ${atMost}`
  report(measure.title, ratio.median <= atMost, figures)
}

// Absolute figures only where the seed promises them, and ours are far from the promise.
const server = await startServer(contenders.find(({ name }) => name === OURS))
const { port } = server
for (const [title, options, atLeast] of [
  ['seed: raw throughput', undefined, 50],
  ['seed: compressed throughput', { gzip: 1 }, 20],
]) {
  const work = { mode: 'large', events: 50_000 }
  const { bodyBytes, tookMs } = await load({ port, connections: 1, work, options })
  const megabytesPerSecond = bodyBytes / 1000 / tookMs
  const figures = `${megabytesPerSecond.toFixed(0)} MB/s of events, at least ${atLeast}`
  report(title, megabytesPerSecond >= atLeast, figures)
}
for (const [title, options, atMost] of [
  ['seed: time to first byte', undefined, 150],
  ['seed: time to first byte, compressed', { gzip: 1 }, 300],
]) {
  const work = { mode: 'turn', events: 20 }
  const { firstUs } = await load({ port, connections: 100, work, options })
  const figures = `${(firstUs / 1000).toFixed(0)} ms with 100 streams, at most ${atMost}`
  report(title, firstUs / 1000 <= atMost, figures)
}
await server.stop()
process.exitCode = failed === 0 ? 0 : 1
