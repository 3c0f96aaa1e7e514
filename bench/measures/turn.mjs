import { cpuOf } from './cpu-of.mjs'
import { sliceOf } from './slices.mjs'

const WORK = { mode: 'turn', connections: 1000 }

/**
 * Slices of each contender in a round, and those before that do not count: few, and many rounds, since
 * two processes of one server differ more than two slices of one process.
 */
const PASSES = { rounds: 7, passes: 4, warmUp: 2 }

/** Tokens: one event for each connection in each turn. */
export const turn = {
  name: 'turn',
  title: 'One event in a turn for each of 1,000 connections',
  columns: [
    { key: 'cpuUs', title: 'processor', unit: 'µs' },
    { key: 'wireBytes', title: 'wire', unit: 'bytes', digits: 0 },
  ],
  ...PASSES,
  hasFloor: true,
  takes: ({ compresses }) => !compresses,
  budgets: [
    { of: 'bare', atMost: 0.8 },
    { of: 'peers', atMost: 0.7 },
  ],
  sample: (server) => sliceOf(server, WORK),
}

/** The same, compressed: ours beside ours uncompressed, and beside middleware. */
export const compressed = {
  name: 'compressed',
  title: 'One event in a turn for each of 1,000 connections, gzip',
  columns: turn.columns,
  ...PASSES,
  takes: ({ compresses, name, isPeer }) => compresses || !isPeer || name === 'Express',
  variants: (contender) =>
    contender.isOurs
      ? [contender, { ...contender, name: `${contender.name}, gzip`, gzip: true }]
      : [{ ...contender, gzip: contender.compresses }],
  budgets: [
    { who: 'synapse-toon, gzip', of: 'ours', atMost: 1.6 },
    { who: 'synapse-toon, gzip', of: 'compression', atMost: 0.25 },
  ],
  sample: (server, { gzip }) => sliceOf(server, { ...WORK, options: gzip ? { gzip: 1 } : {} }),
}

/** What a stream costs besides its events: request, headers, end. */
export const setUp = {
  name: 'set-up',
  title: 'A stream of one event, 1,000 connections',
  columns: [
    { key: 'cpuUs', title: 'processor', unit: 'µs', digits: 0 },
    { key: 'firstMs', title: 'first event', unit: 'ms' },
  ],
  rounds: 7,
  takes: ({ compresses }) => !compresses,
  async sample(server) {
    const connections = 1000
    const work = { mode: 'turn', events: 1 }
    const { cpuUs, read } = await cpuOf(server, { connections, work })
    return { cpuUs: cpuUs / connections, firstMs: read.firstUs / 1000 }
  },
}
