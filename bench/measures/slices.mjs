import { once } from 'node:events'
import { get } from 'node:http'
import { startLoad } from '../load.mjs'

/** Longer than a slice takes. */
const LIMIT_MS = 60_000

/** Those that have a stream which stays open. */
const occupied = new WeakSet()

/**
 * As on a server that is never empty: with the last object of a kind V8 forgets what it has learned of
 * all of them, and would learn it again of those that come, in the time that counts.
 */
async function occupy(server, { gzip }) {
  if (occupied.has(server)) return
  occupied.add(server)
  const headers = gzip ? { 'accept-encoding': 'gzip, deflate' } : {}
  const request = get({ port: server.port, path: '/?mode=idle', headers })
  const [response] = await once(request, 'response')
  // Is cut when the server is ended.
  request.on('error', () => {})
  response.on('error', () => {}).resume()
}

/**
 * The cost of one more event in the middle of streams that are open: so without set-up, and without the
 * first events, which no stream of a minute feels. The streams are there for one slice, of less than a
 * second, so that contenders take turns faster than the machine changes its speed, and none shares its
 * caches and tables with the sockets of all others.
 *
 * @returns processor time of an event and its bytes on the wire; fails where an event is lost
 */
export async function sliceOf(server, { connections, mode, options = {} }) {
  await occupy(server, options)
  await server.ask('gently')
  const load = startLoad({
    port: server.port,
    connections,
    work: { mode, events: Number.MAX_SAFE_INTEGER },
    options: { limit: LIMIT_MS, ...options },
  })
  await load.open
  const { cpuUs, events } = await server.ask('slice')
  await server.ask('stop')
  const read = await load.result
  const { produced } = await server.ask('source')
  if (read.events === produced && read.cut === 0 && read.failed === 0) {
    return { cpuUs: cpuUs / events, wireBytes: read.wireBytes / read.events }
  }
  throw new Error(
    `${produced} events sent, ${read.events} received; ${read.failed} streams failed, ${read.cut} cut`,
  )
}
