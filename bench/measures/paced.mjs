import { cpuOf } from './cpu-of.mjs'

/**
 * Streams open at different times and find their pace, and end at one time, as no load of people does:
 * what is made before and after is not counted, in ms.
 */
const SKIP_MS = 1500

/** From a payload's making to its arrival, at the pace of a fast model. */
async function pacedLoad(server, { connections, period, events, watch, options }) {
  const { cpuUs, read } = await cpuOf(server, {
    connections,
    work: { mode: 'paced', period, events },
    options: { ...options, skip: SKIP_MS, watch, limit: 180_000 },
  })
  return {
    p50Ms: read.p50Us / 1000,
    p99Ms: read.p99Us / 1000,
    maxMs: read.maxUs / 1000,
    cpuUs: cpuUs / connections / events,
    wireBytes: read.wireBytes / connections / events,
  }
}

const columns = [
  { key: 'p50Ms', title: 'p50', unit: 'ms', digits: 2 },
  { key: 'p99Ms', title: 'p99', unit: 'ms', digits: 2 },
  { key: 'maxMs', title: 'most', unit: 'ms' },
  { key: 'cpuUs', title: 'processor, with set-up', unit: 'µs' },
  { key: 'wireBytes', title: 'wire', unit: 'bytes', digits: 0 },
]

const withGzip = (contender) =>
  contender.isOurs
    ? [contender, { ...contender, name: `${contender.name}, gzip`, gzip: true }]
    : [{ ...contender, gzip: contender.compresses }]

export const paced = {
  name: 'paced',
  title: '1,000 connections with 20 events per second each: from making to arrival',
  columns,
  rounds: 3,
  variants: withGzip,
  budgets: [
    { of: 'bare', atMost: 1 },
    { of: 'bare', atMost: 1, key: 'p99Ms' },
  ],
  sample: (server, { gzip }) =>
    pacedLoad(server, {
      connections: 1000,
      period: 50,
      events: 160,
      watch: 5000,
      options: gzip ? { gzip: 1 } : undefined,
    }),
}

/** As many streams as a large service has on one process. Fails where an event is lost. */
export const streams = {
  name: 'streams',
  title: '10,000 open streams with an event per second each: from making to arrival',
  columns,
  rounds: 2,
  takes: ({ isPeer }) => !isPeer,
  variants: withGzip,
  sample: (server, { gzip }) =>
    pacedLoad(server, {
      connections: 10_000,
      period: 1000,
      events: 15,
      watch: 7000,
      options: gzip ? { gzip: 1 } : undefined,
    }),
}
