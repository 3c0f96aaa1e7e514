import { startLoad } from '../load.mjs'

/** Longer than a round takes. */
const LIMIT_MS = 600_000

/** The streams that are open at a server, by server. */
const opened = new Map()

async function open(server, { connections, mode, options }) {
  const work = { mode, events: Number.MAX_SAFE_INTEGER }
  await server.ask('gently')
  const load = startLoad({
    port: server.port,
    connections,
    work,
    options: { limit: LIMIT_MS, ...options },
  })
  await load.open
  return load
}

/**
 * The cost of one more event in the middle of streams that are open all the time: so without set-up,
 * and without the first events, which no stream of a minute feels. A slice takes less than a second, so
 * that contenders take turns faster than the machine changes its speed.
 */
export async function sliceOf(server, work) {
  const load = opened.get(server) ?? (await open(server, work))
  opened.set(server, load)
  load.goOn()
  const { cpuUs, events } = await server.ask('slice')
  // Many clients share a core, and those that only wait would take it from the one that reads.
  load.pause()
  return { cpuUs: cpuUs / events }
}

/** Ends the streams. @returns bytes of an event on the wire; fails where an event is lost */
export async function endOf(server) {
  const load = opened.get(server)
  opened.delete(server)
  load.goOn()
  await server.ask('stop')
  const read = await load.result
  const { produced } = await server.ask('source')
  if (read.events === produced && read.cut === 0 && read.failed === 0) {
    return { wireBytes: read.wireBytes / read.events }
  }
  throw new Error(
    `${produced} events sent, ${read.events} received; ${read.failed} streams failed, ${read.cut} cut`,
  )
}
