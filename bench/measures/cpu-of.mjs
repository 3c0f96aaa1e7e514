import { load } from '../load.mjs'

/**
 * @returns processor time of the server for reading these streams to their end, in µs, and what
 *   the client read; fails where an event is lost
 */
export async function cpuOf(server, given) {
  const before = await server.cpuUs()
  const read = await load({ port: server.port, ...given })
  return { cpuUs: (await server.cpuUs()) - before, read }
}

/** The cost of one more event: the difference between long and short streams, so without set-up. */
export async function slopeOf(server, { short, long, connections, mode, options }) {
  const run = (events) => cpuOf(server, { connections, work: { mode, events }, options })
  const few = await run(short)
  const many = await run(long)
  const more = connections * (long - short)
  return {
    cpuUs: (many.cpuUs - few.cpuUs) / more,
    wireBytes: (many.read.wireBytes - few.read.wireBytes) / more,
  }
}
