import { setTimeout as sleep } from 'node:timers/promises'
import { load, startLoad } from '../load.mjs'

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

/** Opens streams and leaves them open. */
async function hold({ port }, { connections, work, options }) {
  const running = startLoad({ port, connections, work, options: { ...options, hold: 1 } })
  await running.open
  await sleep(SETTLE_MS)
  return running
}

/**
 * @param besides connections that are open already: what a process makes for its first ones (code,
 *   tables, pages of the heap) is not a connection's
 */
async function grownBy(server, { connections, besides, ...load }) {
  await warmUp(server, load.options)
  const running = []
  if (besides > 0) running.push(await hold(server, { ...load, connections: besides }))
  const before = await server.residentBytes()
  running.push(await hold(server, { ...load, connections }))
  const after = await server.residentBytes()
  for (const each of running) each.letGo()
  await Promise.all(running.map(({ result }) => result))
  return { kib: (after - before) / KIB / connections }
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
  title: 'Memory of an idle connection, of 4,000 beside 1,000',
  columns,
  rounds: 3,
  fresh: true,
  variants: withGzip,
  budgets: [
    { of: 'bare', atMost: 1, plus: 2 },
    { who: 'synapse-toon, gzip', of: 'ours', atMost: 1, plus: 12 },
  ],
  sample: (server, contender) =>
    grownBy(server, {
      connections: 4000,
      besides: 1000,
      work: { mode: 'idle' },
      options: gzipOf(contender),
    }),
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
      connections: 1000,
      besides: 0,
      work: { mode: 'paced', period: 50, events: 1_000_000 },
      options: gzipOf(contender),
    }),
}
