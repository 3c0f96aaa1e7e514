import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onCore, SERVER_CORE } from './cores.mjs'

const FLAGS = ['--expose-gc', '--no-deprecation']

/**
 * Of servers that stand still while others are measured: V8 shrinks a heap that was idle for 8 s
 * (`MemoryReducer`), and lets it grow again in the time that counts. One that streams is never idle.
 */
const PAUSE_FLAGS = ['--no-memory-reducer']

/** Longest time for a server to listen or to answer, in ms. */
const LIMIT_MS = 30_000

/**
 * Starts a contender's server in a process of its own.
 *
 * @param {{ file: string, env?: Record<string, string> }} contender
 * @param {{ pauses?: boolean }} [options] whether it stands still at times
 */
export async function startServer({ file, env }, { pauses = false } = {}) {
  const program = fileURLToPath(new URL(file, import.meta.url))
  const flags = pauses ? [...FLAGS, ...PAUSE_FLAGS] : FLAGS
  const [command, args] = onCore(SERVER_CORE, process.execPath, [...flags, program])
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  })
  const exited = once(child, 'exit')
  const answer = async () => {
    const signal = AbortSignal.timeout(LIMIT_MS)
    const message = await Promise.race([once(child, 'message', { signal }), exited])
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${file} has ended`)
    return message[0].answer
  }
  const { port } = await answer()
  const ask = (question) => {
    child.send(question)
    return answer()
  }
  return {
    port,
    /** See `answers` in servers/serve.mjs. */
    ask,
    /** Processor time so far, in µs. */
    async cpuUs() {
      const { user, system } = await ask('cpu')
      return user + system
    },
    /** Bytes of the process in memory, once garbage is collected. */
    async residentBytes() {
      const { rss } = await ask('memory')
      return rss
    },
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
