import { slopeOf } from './cpu-of.mjs'

/** Many events at hand in each turn, one connection: what an event costs besides the system calls. */
export const burst = {
  name: 'burst',
  title: 'One event of many in a turn, 1 connection',
  columns: [
    { key: 'cpuUs', title: 'processor', unit: 'µs' },
    { key: 'wireBytes', title: 'wire', unit: 'bytes', digits: 0 },
  ],
  // As in `turn`.
  rounds: 9,
  passes: 3,
  warmUp: 2,
  hasFloor: true,
  takes: ({ compresses }) => !compresses,
  budgets: [
    { of: 'bare', atMost: 0.65 },
    { of: 'peers', atMost: 0.45 },
  ],
  sample: (server) =>
    slopeOf(server, { mode: 'burst', connections: 1, short: 1000, long: 101_000 }),
}
