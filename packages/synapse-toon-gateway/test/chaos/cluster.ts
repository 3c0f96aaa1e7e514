import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createFaultPlan,
  createFaultProxy,
  type FaultProxy,
  type SeededRandom,
} from 'synapse-toon/testing'
import { onTestFinished } from 'vitest'
import { startNode, type TestProcess } from '../../../synapse-toon/test/child-process-kit.ts'
import { freePort } from '../../../synapse-toon/test/free-port.ts'
import { type NginxServer, startNginx } from '../../../synapse-toon/test/nginx-server.ts'
import { type RedisServer, startRedis } from '../../../synapse-toon/test/redis-server.ts'

const INSTANCE = new URL('./instance.mjs', import.meta.url).pathname

/** Short, so that a run sees producers that are lost; still longer than any stall of the run. */
const LEASE_MS = 3_000

/** One gateway process, which can be ended and started again on its port. */
interface Instance {
  readonly process: TestProcess
  restart(how: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/**
 * Clients → a proxy with faults → nginx → gateways → a proxy with faults → Redis. All real, all of
 * this test.
 */
export interface Cluster {
  /** Where clients go. */
  readonly url: string
  readonly front: FaultProxy
  readonly back: FaultProxy
  readonly nginx: NginxServer
  readonly redis: RedisServer
  readonly instances: readonly Instance[]
  /** How often the source was asked for each stream, by its name. */
  runs(): Promise<ReadonlyMap<string, number>>
}

export async function startCluster(size: number, random: SeededRandom): Promise<Cluster> {
  const redis = await startRedis({ durable: true })
  const back = await createFaultProxy({ target: redis })
  onTestFinished(() => back.close())
  const folder = await mkdtemp(join(tmpdir(), 'synapse-chaos-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const runsFile = join(folder, 'runs')
  await writeFile(runsFile, '')

  const redisUrl = `redis://${back.host}:${back.port}`
  const ports = await Promise.all(Array.from({ length: size }, freePort))
  const instances = await Promise.all(
    ports.map((port) => startInstance([`${port}`, redisUrl, runsFile, `${LEASE_MS}`])),
  )
  const nginx = await startNginx({ targets: ports.map((port) => ({ port })) })
  const front = await createFaultProxy({
    target: nginx,
    random: random.fork('front'),
    // A line in four breaks somewhere in its answer; some are slow from the start.
    plan: createFaultPlan({ cut: 0.25, throttle: 0.1, withinBytes: 4_000 }),
  })
  onTestFinished(() => front.close())
  return {
    url: front.url,
    front,
    back,
    nginx,
    redis,
    instances,
    async runs() {
      const counts = new Map<string, number>()
      for (const name of (await readFile(runsFile, 'utf8')).split('\n')) {
        if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1)
      }
      return counts
    },
  }
}

async function startInstance(args: readonly string[]): Promise<Instance> {
  const start = async () => {
    const started = startNode([INSTANCE, ...args])
    await started.line('listening')
    return started
  }
  let process = await start()
  return {
    get process() {
      return process
    },
    async restart(how) {
      await process.kill(how)
      process = await start()
    },
  }
}
