// What every server here has in common: it tells its port, and answers what the harness asks.
import { createServer } from 'node:http'
import { source, takeTurns, takeTurnsGently } from '../workload.mjs'
import { countFirstWrites, firstWriteUs } from './first-write.mjs'

/** Connections that may wait to be accepted: the load client opens up to 256 at once. */
export const BACKLOG = 4096

const answers = {
  cpu: () => process.cpuUsage(),
  memory() {
    // Twice: what the first one frees may hold others until then.
    globalThis.gc?.()
    globalThis.gc?.()
    return process.memoryUsage()
  },
  resident: () => process.memoryUsage.rss(),
  source: () => ({ ...source }),
  gently() {
    // What the streams before have left behind is not for those that come to pay.
    globalThis.gc?.()
    takeTurnsGently()
  },
  slice: takeSlice,
  stop() {
    source.stopped = true
    takeTurns(Number.POSITIVE_INFINITY)
    return { ...source }
  },
  watchFirstWrites: countFirstWrites,
  firstWrites: firstWriteUs,
}

/**
 * Turns that are not counted: other servers have had the core's caches; and Linux acknowledges the first
 * 16 segments of a connection at once (`TCP_MAX_QUICKACKS`), in the sender's time, and only those that
 * follow when they are read, in the reader's.
 */
const COLD_TURNS = 20
const TURNS = 20

/** Longest time of the processor in `LOOK_MS` for a process that has nothing to do, in µs. */
const IDLE_US = 500
const LOOK_MS = 5

/** Settles when nothing is left to do: some leave work to other threads. */
async function idle() {
  for (;;) {
    const before = process.cpuUsage()
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    const { user, system } = process.cpuUsage(before)
    if (user + system < IDLE_US) return
  }
}

/**
 * A few turns of all streams, which stand still then.
 *
 * @returns what they took, and how many events they were
 */
async function takeSlice() {
  await takeTurns(COLD_TURNS)
  const before = process.cpuUsage()
  const { produced } = source
  await takeTurns(TURNS)
  await idle()
  const { user, system } = process.cpuUsage(before)
  return { cpuUs: user + system, events: source.produced - produced }
}

/** @param {(req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse) => unknown} handler */
export function serve(handler) {
  const server = createServer(handler)
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () =>
    announce(server.address().port),
  )
}

/** For frameworks that listen themselves. */
export function announce(port) {
  process.on('message', async (question) => {
    process.send({ answer: (await answers[question]()) ?? null })
  })
  process.on('disconnect', () => process.exit())
  process.send({ answer: { port } })
}

// A client that is killed in mid-stream is part of the measures; some peers let its error through.
process.on('uncaughtException', (error) => {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return
  console.error(error)
  process.exit(1)
})
