import { setTimeout as sleep } from 'node:timers/promises'
import { BARE } from '../contenders.mjs'
import { startLoad } from '../load.mjs'

const MIB = 1024 * 1024

/** How long the client does not read, in ms, while the source has as much as anyone wants. */
const STALL_MS = 10_000

/** Made at most: a server that waits for nobody would fill the machine's memory. */
const MAX_EVENTS = 800_000

/** How often memory is looked at, in ms. */
const LOOK_MS = 200

/**
 * One client that stops reading: what its server holds for it meanwhile, and whether all of it
 * arrives afterwards.
 */
async function stallOne(server) {
  await startLoad({
    port: server.port,
    connections: 1,
    work: { mode: 'large', events: 2000 },
  }).result
  const before = await server.residentBytes()
  const { produced: earlier } = await server.ask('source')
  const running = startLoad({
    port: server.port,
    connections: 1,
    work: { mode: 'large', events: MAX_EVENTS },
    options: { stall: STALL_MS, receive: 65_536, limit: 120_000 },
  })
  await running.told('stalled')
  // Not only what is left after a collection: what a process has grown by is what others lack.
  let most = 0
  for (const end = performance.now() + STALL_MS - 2 * LOOK_MS; performance.now() < end; ) {
    await sleep(LOOK_MS)
    most = Math.max(most, (await server.ask('resident')) - before)
  }
  const whileStalled = (await server.ask('source')).produced - earlier
  const { produced } = await server.ask('stop')
  const read = await running.result
  return {
    grownMib: most / MIB,
    made: whileStalled,
    lost: Math.max(0, produced - earlier - read.events),
    received: read.events,
    wireMib: read.wireBytes / MIB,
    behindMs: read.tookMs - STALL_MS,
  }
}

const COLUMNS = [
  { key: 'grownMib', title: 'memory grown', unit: 'MiB' },
  { key: 'made', title: 'made meanwhile', unit: 'events', digits: 0 },
  { key: 'received', title: 'received', unit: 'events', digits: 0 },
  { key: 'lost', title: 'not received', unit: 'events', digits: 0 },
  { key: 'wireMib', title: 'wire', unit: 'MiB' },
  { key: 'behindMs', title: 'until all was there', unit: 'ms', digits: 0 },
]

export const stall = {
  name: 'stall',
  title: 'A client that does not read for 10 s, while the source could go on',
  columns: COLUMNS,
  rounds: 1,
  fresh: true,
  sample: stallOne,
}

const POLICIES = ['wait', 'merge', 'disconnect']

/** A line of 0.5 MB/s, and for 5 s a source of 20,000 deltas/s: five times as much. */
const LINE = 500_000
const TEXT_EVENTS = 100_000

/**
 * What each `slowClient` does for a client whose line is slower than the source. Of streams that
 * can be resumed: without, only a small window of records can wait, and so little to be merged.
 */
export const policies = {
  name: 'policies',
  title: 'A line that takes a fifth of what a source of text deltas gives',
  columns: [
    { key: 'wireMib', title: 'wire', unit: 'MiB' },
    { key: 'received', title: 'received', unit: 'events', digits: 0 },
    { key: 'grownMib', title: 'memory grown', unit: 'MiB' },
    { key: 'p50Ms', title: 'lag p50', unit: 'ms', digits: 0 },
    { key: 'p99Ms', title: 'lag p99', unit: 'ms', digits: 0 },
    { key: 'tookMs', title: 'until all was there', unit: 'ms', digits: 0 },
  ],
  rounds: 1,
  fresh: true,
  takes: ({ name, isOurs }) => isOurs || name === BARE,
  variants: (contender) =>
    contender.isOurs
      ? POLICIES.map((slowClient) => ({
          ...contender,
          name: `${contender.name}, ${slowClient}`,
          slowClient,
          env: { BENCH_RESUME: '1' },
        }))
      : [contender],
  async sample(server, { slowClient = 'wait' }) {
    const { port } = server
    const work = { mode: 'text', period: 1, slowClient }
    await startLoad({ port, connections: 1, work: { ...work, events: 20_000 } }).result
    const before = await server.residentBytes()
    const running = startLoad({
      port,
      connections: 1,
      work: { ...work, events: TEXT_EVENTS },
      options: { slow: LINE, receive: 65_536 },
    })
    let isOver = false
    const over = running.result.finally(() => {
      isOver = true
    })
    let most = 0
    while (!isOver) {
      await Promise.race([over, sleep(LOOK_MS)])
      most = Math.max(most, (await server.ask('resident')) - before)
    }
    const read = await over
    return {
      wireMib: read.wireBytes / MIB,
      received: read.events,
      grownMib: most / MIB,
      p50Ms: read.p50Us / 1000,
      p99Ms: read.p99Us / 1000,
      tookMs: read.tookMs,
    }
  },
}
