import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from 'synapse-toon/testing'
import type { Cluster } from './cluster.ts'

/** What can happen, and how often it does beside the others. */
const WEIGHTS = {
  'cut a client': 60,
  'stall a client': 10,
  'cut an instance from Redis': 8,
  'stall Redis': 3,
  'CLIENT KILL': 5,
  'kill -9 an instance': 3,
  'SIGTERM an instance': 2,
  'restart Redis': 2,
  'reload nginx': 3,
} as const

type FaultName = keyof typeof WEIGHTS

/** Those that take a process away: one at a time, as an operator would notice more. */
const DISRUPTIVE: readonly FaultName[] = [
  'kill -9 an instance',
  'SIGTERM an instance',
  'restart Redis',
  'reload nginx',
]

const LONGEST_STALL_MS = 500

export interface FaultEngine {
  /** How often each was done. */
  readonly counts: Readonly<Record<FaultName, number>>
  /** Does no more, and settles when what it has begun is over. */
  stop(): Promise<void>
}

/**
 * Does a fault every `everyMs`, drawn from a seed.
 *
 * @param everyMs on average
 */
export function startFaults(cluster: Cluster, random: SeededRandom, everyMs: number): FaultEngine {
  const counts = Object.fromEntries(Object.keys(WEIGHTS).map((name) => [name, 0])) as Record<
    FaultName,
    number
  >
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let isDisrupted = false

  async function act(name: FaultName): Promise<void> {
    if (!DISRUPTIVE.includes(name)) return run(name)
    isDisrupted = true
    await run(name).finally(() => {
      isDisrupted = false
    })
  }

  async function run(name: FaultName): Promise<void> {
    const done = await FAULTS[name](cluster, random)
    if (done) counts[name]++
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(random.between(1, 2 * everyMs - 1))
      const name = draw(random)
      if (isDisrupted && DISRUPTIVE.includes(name)) continue
      const acting = act(name).finally(() => running.delete(acting))
      running.add(acting)
    }
  }
  const looping = loop()

  return {
    counts,
    async stop() {
      stopping.abort()
      await looping
      await Promise.all(running)
    },
  }
}

function draw(random: SeededRandom): FaultName {
  const all = Object.entries(WEIGHTS) as [FaultName, number][]
  let left = random.next() * all.reduce((sum, [, weight]) => sum + weight, 0)
  return (all.find(([, weight]) => (left -= weight) < 0) ?? all[0]!)[0]
}

/** Each says whether there was anything to do it to. */
const FAULTS: Record<FaultName, (cluster: Cluster, random: SeededRandom) => Promise<boolean>> = {
  async 'cut a client'({ front }, random) {
    const { connections } = front
    if (connections.length === 0) return false
    random.pick(connections).apply({ cut: random.pick(['fin', 'rst']) })
    return true
  },
  async 'stall a client'({ front }, random) {
    const { connections } = front
    if (connections.length === 0) return false
    random.pick(connections).apply({ stall: true, forMs: random.between(1, LONGEST_STALL_MS) })
    return true
  },
  async 'cut an instance from Redis'({ back }, random) {
    const { connections } = back
    if (connections.length === 0) return false
    random.pick(connections).apply({ cut: random.pick(['fin', 'rst']) })
    return true
  },
  async 'stall Redis'({ back }, random) {
    back.apply({ stall: true, forMs: random.between(1, LONGEST_STALL_MS) })
    return true
  },
  async 'CLIENT KILL'({ redis }) {
    return (await redis.clientKill()) > 0
  },
  async 'kill -9 an instance'({ instances }, random) {
    await random.pick(instances).restart('SIGKILL')
    return true
  },
  async 'SIGTERM an instance'({ instances }, random) {
    await random.pick(instances).restart('SIGTERM')
    return true
  },
  async 'restart Redis'({ redis }) {
    await redis.restart()
    return true
  },
  async 'reload nginx'({ nginx }) {
    await nginx.reload()
    return true
  },
}
