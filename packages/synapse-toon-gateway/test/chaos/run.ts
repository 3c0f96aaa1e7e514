import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from 'synapse-toon/testing'
import type { Cluster } from './cluster.ts'
import { type ReaderResult, readToEnd } from './reader.ts'

export interface ChaosReport {
  readonly streams: number
  readonly readers: number
  /** Received by all readers. */
  readonly records: number
  readonly reconnects: number
  /** How often each end was told. */
  readonly endings: Readonly<Record<string, number>>
  /** Readers that were told that records are gone. */
  readonly gaps: number
  /** What broke a rule, with all that is needed to look for it. */
  readonly broken: readonly string[]
}

/** A start that fails for so long, in ms, is a failure of the run. */
const START_PATIENCE_MS = 60_000

/** Runs streams with clients through a cluster; `concurrency` streams at a time. */
export async function runStreams(
  cluster: Cluster,
  random: SeededRandom,
  { streams, concurrency }: { readonly streams: number; readonly concurrency: number },
): Promise<ChaosReport> {
  const endings: Record<string, number> = {}
  const broken: string[] = []
  const sums = { readers: 0, records: 0, reconnects: 0, gaps: 0 }
  let next = 0

  function count(name: string, after: number, { received, reconnects }: ReaderResult): void {
    const { ending, position } = received
    sums.readers++
    sums.records += position - after
    sums.reconnects += reconnects
    if (received.gaps > 0) sums.gaps++
    if (ending !== undefined) endings[ending.reason] = (endings[ending.reason] ?? 0) + 1
    if (received.broken !== undefined) {
      broken.push(`${name} from ${after}, at ${position}: ${received.broken}`)
    }
  }

  async function runOne(name: string): Promise<void> {
    const own = random.fork(name)
    const message = `count ${own.between(1, 60)} every ${own.pick([0, 5, 10, 20, 40])} as ${name}`
    const streamId = await start(cluster, message, own)
    if (streamId === undefined) {
      broken.push(`${name}: not started in ${START_PATIENCE_MS / 1000} s`)
      return
    }
    const read = async (label: string, after: number, slowMs: number) => {
      const url = `${cluster.url}/streams/${streamId}`
      const result = await readToEnd({ url, streamId, after, slowMs, random: own.fork(label) })
      count(`${name} (${streamId}) ${label}`, after, result)
      return result.received.position
    }
    const slow = own.chance(0.3) ? read('slow', 0, own.between(5, 40)) : undefined
    const position = await read('first', 0, 0)
    // One that comes back when all is over, from anywhere on the way.
    if (own.chance(0.3)) await read('late', own.between(0, position), 0)
    await slow
  }

  async function work(): Promise<void> {
    while (next < streams) await runOne(`s${++next}`)
  }
  await Promise.all(Array.from({ length: concurrency }, work))

  for (const [name, times] of await cluster.runs()) {
    if (times > 1) broken.push(`${name}: the source was asked ${times} times`)
  }
  return { streams, ...sums, endings, broken }
}

/** Starts a stream as a careful client does: under one key, again until there is an answer. */
async function start(
  { url }: Cluster,
  message: string,
  random: SeededRandom,
): Promise<string | undefined> {
  const key = `chaos-${random.seed.toString(16).padStart(16, '0')}`
  const giveUpAt = performance.now() + START_PATIENCE_MS
  while (performance.now() < giveUpAt) {
    try {
      const response = await fetch(`${url}/streams`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
        body: JSON.stringify({ message }),
      })
      const body = (await response.json()) as { id?: string; error?: string }
      if (body.id !== undefined) return body.id
      if (response.status < 500) throw new RangeError(`${response.status}: ${body.error}`)
    } catch (error) {
      // A refusal is a failure of the run; a line that breaks is what it is about.
      if (error instanceof RangeError) throw error
    }
    await sleep(random.between(50, 200))
  }
  return undefined
}
