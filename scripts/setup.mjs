// Brings a checkout to where it can run: installs what is missing, builds what is stale.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const MIN_NODE = [20, 19]

/** What each package is built from; its `dist` is stale when any of it is newer. */
const BUILDS = [
  { name: 'synapse-toon', inputs: ['packages/synapse-toon'] },
  {
    name: 'synapse-toon-gateway',
    inputs: ['packages/synapse-toon-gateway', 'packages/synapse-toon/src', 'docs', 'README.md'],
  },
]

export function setup() {
  checkNode()
  install()
  for (const build of BUILDS) buildIfStale(build)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return
  fail(`Node ${MIN_NODE.join('.')} or newer is needed, this is ${process.versions.node}`)
}

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules/.synapse-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.error('Installing dependencies (npm ci) …')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, lock)
}

function buildIfStale({ name, inputs }) {
  const stamp = join(root, 'packages', name, 'dist/.built')
  const builtAt = existsSync(stamp) ? statSync(stamp).mtimeMs : 0
  if (inputs.every((input) => newest(join(root, input)) < builtAt)) return
  console.error(`Building ${name} …`)
  run('npm', ['run', 'build', '--silent', '--workspace', name])
  writeFileSync(stamp, '')
}

/** Time of the newest file below a path, in ms; what builds make is left out. */
function newest(path) {
  if (!existsSync(path)) return 0
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs
  let time = 0
  for (const entry of readdirSync(path)) {
    if (entry === 'dist' || entry === 'node_modules' || entry.endsWith('.test.ts')) continue
    time = Math.max(time, newest(join(path, entry)))
  }
  return time
}

/** Runs a command to its end; its output goes to stderr, so that a caller's stdout stays clean. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    ...options,
  })
  if (error) fail(`${command} could not be started: ${error.message}`)
  if (status !== 0) fail(`${command} ${args.join(' ')} failed`)
}

export function fail(message) {
  console.error(message)
  process.exit(1)
}
