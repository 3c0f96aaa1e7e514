// Starts the reading side: the C client where it can be built, else the one in JavaScript.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isPinned, LOAD_CORE, onCore } from './cores.mjs'

const path = (name) => fileURLToPath(new URL(`load/${name}`, import.meta.url))

/** Built once for each version of its source; undefined where there is no compiler. */
function buildClient() {
  const source = path('client.c')
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)
  const folder = join(tmpdir(), 'synapse-toon-bench')
  const built = join(folder, `client-${version}`)
  if (existsSync(built)) return built
  mkdirSync(folder, { recursive: true })
  // Under a name of its own until it is whole: two runs may build at once.
  const unfinished = `${built}.${process.pid}`
  for (const zlib of [['-DWITH_ZLIB', '-lz'], []]) {
    const { status } = spawnSync('cc', ['-O2', '-o', unfinished, source, ...zlib], {
      stdio: 'ignore',
    })
    if (status !== 0) continue
    renameSync(unfinished, built)
    return built
  }
  return undefined
}

const builtClient = buildClient()
const program = builtClient === undefined ? [process.execPath, path('client.mjs')] : [builtClient]

/** For the results: which client has read. */
export const clientName = builtClient === undefined ? 'load/client.mjs' : 'load/client.c'

/**
 * Opens connections and reads all streams to their end.
 *
 * @param {object} given
 * @param {number} given.port
 * @param {number} given.connections
 * @param {Record<string, string | number>} given.work goes into the address; see `workOf`
 * @param {Record<string, number>} [given.options] of the client: gzip, stall, slow, receive,
 *   together, skip, watch, limit, hold
 * @returns `open`: all connections have headers; `result`: what was read; `letGo` ends a client
 *   with `hold`; `told(line)`: the client has said so
 */
export function startLoad({ port, connections, work, options = {} }) {
  // Only on a core of its own: else it would take the server's time.
  const spin = isPinned ? 1 : 0
  const given = { port, path: `/?${new URLSearchParams(work)}`, connections, spin, ...options }
  const [command, args] = onCore(LOAD_CORE, program[0], [
    ...program.slice(1),
    ...Object.entries(given).map(([name, value]) => `${name}=${value}`),
  ])
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const seen = new Set()
  const listeners = []
  let resolveResult
  let rejectResult
  const result = new Promise((resolve, reject) => {
    resolveResult = resolve
    rejectResult = reject
  })
  // Someone may wait for another line first.
  result.catch(() => {})
  const told = (line) =>
    new Promise((resolve, reject) => {
      if (seen.has(line)) return resolve()
      listeners.push([line, resolve])
      result.then(() => reject(new Error(`the client ended without "${line}"`)), reject)
    })
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) return resolveResult(JSON.parse(line))
    seen.add(line)
    for (const [wanted, resolve] of listeners) if (wanted === line) resolve()
  })
  child.on('close', () => rejectResult(new Error(`${clientName} ended without a result`)))
  return {
    result,
    told,
    get open() {
      return told('open')
    },
    letGo: () => child.stdin.end(),
    kill: () => child.kill('SIGKILL'),
  }
}

/** As `startLoad`, read to the end. @throws where an event is lost */
export async function load(given) {
  const read = await startLoad(given).result
  const sent = given.connections * given.work.events
  if (read.events === sent && read.ended === given.connections) return read
  throw new Error(
    `${JSON.stringify(given.work)}, ${given.connections} connections: ${sent} events sent, ${read.events} received; ${read.ended} streams ended, ${read.failed} failed, ${read.cut} cut`,
  )
}
