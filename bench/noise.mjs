import { readFileSync } from 'node:fs'
import { isPinned, SERVER_CORE } from './cores.mjs'

/** One tick of the kernel's accounts, in ms. */
const TICK_MS = 10

/**
 * Watches what others take of the server's core: they cost it its caches, and so its time too. Without
 * what the kernel does for packets in interrupts: those of loopback are the server's and its load's own.
 *
 * @returns a function that gives their part of the time since then, 0 to 1; 0 where the system
 *   does not tell
 */
export async function watchNoise(server) {
  const start = performance.now()
  const busyBefore = busyMs()
  const ownBefore = await server.cpuUs()
  return async () => {
    const elapsed = performance.now() - start
    const own = ((await server.cpuUs()) - ownBefore) / 1000
    return Math.max(0, (busyMs() - busyBefore - own) / elapsed)
  }
}

function busyMs() {
  if (!isPinned) return 0
  const line = readFileSync('/proc/stat', 'utf8').match(new RegExp(`^cpu${SERVER_CORE} (.*)$`, 'm'))
  if (line === null) return 0
  const [user, nice, system, _idle, _wait, hard, _soft, steal] = line[1].split(' ').map(Number)
  return (user + nice + system + hard + steal) * TICK_MS
}
