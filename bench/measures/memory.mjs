import { setTimeout as sleep } from 'node:timers/promises'
import { load, startLoad } from '../load.mjs'

const CONNECTIONS = 1000
const KIB = 1024

/** How long streams run before memory is looked at, in ms. */
const SETTLE_MS = 3000

/** Has the server make everything it makes once, so that it does not count as a connection's. */
async function warmUp(server, options) {
  const { port } = server
  await load({ port, connections: 1, work: { mode: 'burst', events: 2000 }, options })
  for (let round = 0; round < 3; round++) {
    await load({ port, connections: 100, work: { mode: 'turn', events: 20 }, options })
  }
}

async function grownBy(server, { work, options }) {
  await warmUp(server, options)
  const before = await server.residentBytes()
  const running = startLoad({
    port: server.port,
    connections: CONNECTIONS,
    work,
    options: { ...options, hold: 1 },
  })
  await running.open
  await sleep(SETTLE_MS)
  const after = await server.residentBytes()
  running.letGo()
  await running.result
  return { kib: (after - before) / KIB / CONNECTIONS }
}

const columns = [{ key: 'kib', title: 'memory', unit: 'KiB' }]

/** With and without compression, where a contender has both. */
const withGzip = (contender) =>
  contender.isOurs
    ? [contender, { ...contender, name: `${contender.name}, gzip`, gzip: true }]
    : [{ ...contender, gzip: contender.compresses }]

const gzipOf = ({ gzip }) => (gzip ? { gzip: 1 } : undefined)

/** After the first event nothing comes: most open lines, most of the time. */
export const idleMemory = {
  name: 'idle-memory',
  title: 'Memory of an idle connection, of 1,000',
  columns,
  rounds: 3,
  fresh: true,
  variants: withGzip,
  budgets: [
    { of: 'bare', atMost: 1, plus: 2 },
    { who: 'synapse-toon, gzip', of: 'ours', atMost: 1, plus: 12 },
  ],
  sample: (server, contender) =>
    grownBy(server, { work: { mode: 'idle' }, options: gzipOf(contender) }),
}

/** 20 events a second. */
export const activeMemory = {
  name: 'active-memory',
  title: 'Memory of a connection with 20 events per second, of 1,000',
  columns,
  rounds: 3,
  fresh: true,
  variants: withGzip,
  budgets: [{ who: 'synapse-toon, gzip', of: 'ours', atMost: 1, plus: 12 }],
  sample: (server, contender) =>
    grownBy(server, {
      work: { mode: 'paced', period: 50, events: 1_000_000 },
      options: gzipOf(contender),
    }),
}
