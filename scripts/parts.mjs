// Real programs that tests drive: found, or installed by their Debian package, or named in one line.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fail } from './setup.mjs'

const PARTS = [
  { program: 'chromium', package: 'chromium', for: 'the tests of pages in a real browser' },
  { program: 'curl', package: 'curl', for: 'the tests of the wire with a foreign client' },
  {
    program: 'redis-server',
    package: 'redis-server',
    for: 'the tests of what several processes share',
  },
  { program: 'nginx', package: 'nginx', for: 'the tests of many instances behind a proxy' },
  { program: 'promtool', package: 'prometheus', for: 'the tests of metrics and alert rules' },
]

export function ensureParts() {
  const missing = PARTS.filter(({ program }) => !isOnPath(program))
  if (missing.length === 0) return
  const packages = missing.map((part) => part.package)
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    const what = missing.map((part) => `${part.program} (for ${part.for})`).join(', ')
    fail(`Missing: ${what}. Install with: sudo apt-get install ${packages.join(' ')}`)
  }
  console.error(`Installing ${packages.join(', ')} (apt-get) …`)
  apt(['update', '-qq'], packages)
  apt(['install', '-y', '-qq', '--no-install-recommends', ...packages], packages)
}

function apt(args, packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stderr, stdout } = spawnSync('apt-get', args, { encoding: 'utf8', env })
  if (status === 0) return
  console.error(stdout.slice(-2000) + stderr.slice(-2000))
  fail(
    `apt-get ${args[0]} failed. Install ${packages.join(', ')} by hand, then run the tests again`,
  )
}

function isOnPath(program) {
  // Debian keeps nginx where a plain user's PATH does not look.
  const folders = [...process.env.PATH.split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.some((folder) => existsSync(join(folder, program)))
}
