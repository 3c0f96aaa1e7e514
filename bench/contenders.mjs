// Who is measured. Peers live in a package of their own, so that nobody but the benchmark installs
// them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PEERS = fileURLToPath(new URL('peers/', import.meta.url))

export const BARE = 'bare node:http'
export const OURS = 'synapse-toon'

/**
 * `isLibrary`: it makes the events itself; the others are what people write by hand. `isFloor`: it
 * does nothing but what cannot be left out, and is nobody's server.
 * `heartbeats`: it keeps idle lines open. `packageName`: whose version the results name.
 */
const ALL = [
  { name: BARE, file: 'servers/bare.mjs', heartbeats: true },
  { name: OURS, file: 'servers/synapse.mjs', heartbeats: true, isOurs: true },
  {
    // What the default costs: records are kept, so that a client can come back.
    name: `${OURS}, resumable`,
    file: 'servers/synapse.mjs',
    heartbeats: true,
    env: { BENCH_RESUME: '1' },
  },
  { name: 'the least in Node', file: 'servers/floor.mjs', isFloor: true },
  peer('@fastify/sse', 'fastify-sse', { isLibrary: true, heartbeats: true }),
  peer('better-sse', 'better-sse', { isLibrary: true, heartbeats: true }),
  peer('hono', 'hono', { isLibrary: true }),
  peer('h3', 'h3', { isLibrary: true }),
  peer('ai', 'ai-sdk', { isLibrary: true, name: 'AI SDK' }),
  peer('express', 'express', { name: 'Express' }),
  peer('compression', 'express-compression', { name: 'Express + compression', compresses: true }),
]

function peer(packageName, file, { name = packageName, ...rest }) {
  return { name, file: `peers/${file}.mjs`, packageName, isPeer: true, ...rest }
}

/**
 * @param {{ builds?: Record<string, string> }} [options] other builds of the library (name and
 *   path of its `index.js`), measured beside the one of this checkout
 */
export function allContenders({ builds = {} } = {}) {
  const others = Object.entries(builds).map(([name, library]) => ({
    name: `${OURS} (${name})`,
    file: 'servers/synapse.mjs',
    heartbeats: true,
    env: { BENCH_LIBRARY: library },
  }))
  return [...ALL, ...others]
}

/** Installs the peers, where their lock has changed since. */
export function installPeers() {
  const lock = createHash('sha256')
    .update(readFileSync(`${PEERS}package-lock.json`))
    .digest('hex')
  const stamp = `${PEERS}node_modules/.bench-lock`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.error("Installing the benchmark's peers (npm ci) …")
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: PEERS,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('npm ci in bench/peers failed')
  writeFileSync(stamp, lock)
}

/** @returns the installed version of a peer */
export function versionOf({ packageName }) {
  if (packageName === undefined) return undefined
  const manifest = readFileSync(`${PEERS}node_modules/${packageName}/package.json`, 'utf8')
  return JSON.parse(manifest).version
}
