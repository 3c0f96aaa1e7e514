import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import { type Exit, startProcess, type TestProcess } from './child-process-kit.ts'
import { freePort } from './free-port.ts'

export interface RedisServer {
  readonly url: string
  readonly host: string
  readonly port: number
  /** For the test itself. Comes back by itself after a restart, and holds commands until then. */
  readonly redis: Redis
  /** Of the server that runs now. */
  readonly pid: number
  /** Asks it to end (SIGTERM), and waits until it is gone. */
  stop(): Promise<Exit>
  /** Ends it as a crash does (SIGKILL), and waits until it is gone. */
  kill(): Promise<Exit>
  /** Starts it again on the same port with the same data, stopped before where it still runs. */
  restart(): Promise<void>
  /** `INFO section` as fields, for example `info('commandstats')`. */
  info(section: string): Promise<Readonly<Record<string, string>>>
  /** How often each command was called, scripts' calls included, since the start or the last reset. */
  commandCalls(): Promise<Readonly<Record<string, number>>>
  /** Begins to count anew (`CONFIG RESETSTAT`). */
  resetStats(): Promise<void>
  /** Cuts every connection but the test's own (`CLIENT KILL`). @returns how many those were */
  clientKill(): Promise<number>
}

export interface RedisServerOptions {
  /**
   * Whether data outlive the server: every write is in a file of a folder of its own before it is
   * answered (`appendfsync always`). Default `false`: nothing is written.
   */
  readonly durable?: boolean
}

const HOST = '127.0.0.1'

/** A real redis-server on a free port of loopback, ended with the test. */
export async function startRedis({
  durable = false,
}: RedisServerOptions = {}): Promise<RedisServer> {
  const port = await freePort()
  const args = ['--port', `${port}`, '--bind', HOST, '--save', '']
  if (durable) args.push('--dir', await temporaryFolder(), '--appendonly', 'yes')
  else args.push('--appendonly', 'no')
  args.push('--appendfsync', 'always')

  let server = await start(args)
  const url = `redis://${HOST}:${port}`
  const redis = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  // The server is away because the test wants it to be; commands that fail say so themselves.
  redis.on('error', () => {})
  onTestFinished(() => void redis.disconnect())

  async function info(section: string): Promise<Record<string, string>> {
    const lines = (await redis.info(section)).split('\r\n')
    const fields = lines.filter((line) => line.includes(':') && !line.startsWith('#'))
    return Object.fromEntries(fields.map((line) => splitOnce(line, ':')))
  }

  return {
    url,
    host: HOST,
    port,
    redis,
    get pid() {
      return server.pid
    },
    stop: () => server.kill('SIGTERM'),
    kill: () => server.kill('SIGKILL'),
    async restart() {
      await server.kill('SIGTERM')
      server = await start(args)
    },
    info,
    async commandCalls() {
      const stats = Object.entries(await info('commandstats'))
      return Object.fromEntries(
        stats.map(([name, text]) => [
          name.replace('cmdstat_', ''),
          Number(/^calls=(\d+)/.exec(text)![1]),
        ]),
      )
    },
    async resetStats() {
      await redis.config('RESETSTAT')
    },
    async clientKill() {
      const killed = ['normal', 'pubsub'].map((type) =>
        redis.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes'),
      )
      return (await Promise.all(killed)).reduce<number>((sum, count) => sum + Number(count), 0)
    },
  }
}

async function start(args: readonly string[]): Promise<TestProcess> {
  const server = startProcess('redis-server', args)
  await server.line('Ready to accept connections')
  return server
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'synapse-redis-'))
  // What is registered first runs last: the server that writes here is gone by then.
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return [text.slice(0, at), text.slice(at + separator.length)]
}
