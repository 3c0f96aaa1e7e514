import { setTimeout as sleep } from 'node:timers/promises'
import type { LogWriter, StreamLog } from 'synapse-toon'
import { createSeededRandom, type SeededRandom } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenToStrays } from './process-events.ts'
import { type Follower, follow } from './redis-log-follow.ts'
import { done, openKnown, readFrom, startLog, update, whenBack } from './redis-log-kit.ts'
import { type RedisServer, startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

const STREAMS = 8
const STEPS = 400

/** Longer than any restart takes: nobody is to be taken for lost. */
const LEASE_MS = 3_000

interface Joined {
  readonly follower: Follower
  readonly after: number
}

/** Streams of some logs, read in all of them, while somebody does something bad now and then. */
async function stress(
  random: SeededRandom,
  server: RedisServer,
  harm: (random: SeededRandom) => Promise<unknown>,
  largest = 40_000,
) {
  const logs: StreamLog[] = [1, 2, 3, 4].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
  const told = { lost: 0 }
  const writers: LogWriter[] = []
  for (let n = 0; n < STREAMS; n++) {
    const writer = await logs[n % 2]!.create(`${n}`, { principal: undefined })
    writer.listen({ onRoom() {}, onCancel() {}, onLost: () => void told.lost++ })
    writers.push(writer)
  }
  const joined: Joined[] = []
  const joining = new Set<Promise<void>>()

  async function join(log: StreamLog, streamId: string, share: number): Promise<void> {
    const open = () => whenBack(async () => log.open(streamId))
    let reader = await open()
    // Redis has just lost its data, and the producer has not found out yet.
    for (; reader === undefined; reader = await open()) await sleep(20)
    const after = Math.floor(reader.lastSeq * share)
    joined.push({ follower: follow(reader, after), after })
  }

  let harms = 0
  for (let step = 0; step < STEPS; step++) {
    const writer = random.pick(writers)
    const what = random.next()
    if (what < 0.6) {
      const size = random.chance(0.05) ? largest : random.between(1, 60)
      for (let n = random.between(1, 6); n > 0; n--) {
        writer.append(update(writer.lastSeq + 1, 'é'.repeat(size)))
      }
    } else if (what < 0.8) {
      const promise = join(random.pick(logs), writer.streamId, random.next())
      joining.add(promise)
      void promise.finally(() => joining.delete(promise))
    } else if (what < 0.85 && joined.length > 0) {
      const [left] = joined.splice(random.between(0, joined.length - 1), 1)
      left!.follower.leave()
    } else if (what < 0.9) {
      harms++
      await harm(random)
    } else await sleep(random.between(0, 5))
  }
  await Promise.all(joining)
  for (const writer of writers) writer.append(done(writer.lastSeq + 1))
  const all = () => joined.every(({ follower }) => follower.records.at(-1)?.event === 'done')
  await until(all, 'everybody has the end', 30_000)
  return { joined, writers, told, harms, logs }
}

/** Every record behind where each one began, once and in order; and all of it in Redis. */
async function expectWhole(
  server: RedisServer,
  { joined, writers, told }: Awaited<ReturnType<typeof stress>>,
): Promise<void> {
  expect(joined.length).toBeGreaterThan(20)
  for (const { follower, after } of joined) {
    const { records, heard, reader } = follower
    const writer = writers.find(({ streamId }) => streamId === reader.streamId)!
    const expected = Array.from({ length: writer.lastSeq - after }, (_, n) => after + 1 + n)
    expect(records.map(({ seq }) => seq)).toEqual(expected)
    expect(heard).toEqual(expected.slice(expected.length - heard.length))
    expect(reader.bytes).toBe(writer.bytes)
  }
  const { log } = startLog(server.url)
  for (const writer of writers) {
    await writer.flushed()
    const records = await readFrom(await openKnown(log, writer.streamId))
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, n) => n + 1))
    expect(records).toHaveLength(writer.lastSeq)
  }
  expect(told.lost).toBe(0)
}

function seeded(): SeededRandom {
  const random = createSeededRandom()
  // All that is needed to run a failure again.
  console.info(`seed ${random.seed}`)
  const strays = listenToStrays()
  onTestFinished(async () => expect(await strays()).toEqual([]))
  return random
}

describe('any mix of appends, joins and leaves', () => {
  it.each([1, 2, 3])(
    'gives every reader every record once, in order, while connections are cut (%i)',
    async () => {
      const random = seeded()
      const server = await startRedis()
      const harm = async (choice: SeededRandom) => {
        // All of them, or only those that messages come on, or one.
        if (choice.chance(0.3)) return server.clientKill()
        if (choice.chance(0.5)) return server.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
        const list = String(await server.redis.client('LIST'))
          .trim()
          .split('\n')
        const others = list.filter((line) => !line.includes('cmd=client'))
        if (others.length === 0) return
        const id = /id=(\d+)/.exec(choice.pick(others))![1]!
        return server.redis.call('CLIENT', 'KILL', 'ID', id)
      }
      const outcome = await stress(random, server, harm)
      await expectWhole(server, outcome)
      expect(outcome.harms).toBeGreaterThan(5)
    },
    60_000,
  )

  it('gives every reader every record once, in order, while Redis crashes and comes back', async () => {
    const random = seeded()
    const server = await startRedis({ durable: true })
    const harm = async (choice: SeededRandom) => {
      // It takes long.
      if (choice.chance(0.5)) return
      await server.kill()
      await sleep(choice.between(0, 50))
      await server.restart()
    }
    await expectWhole(server, await stress(random, server, harm))
  }, 120_000)

  it('gives every reader every record once, in order, while Redis loses all its data', async () => {
    const random = seeded()
    const server = await startRedis()
    // Small streams: the producers hold all of them.
    const outcome = await stress(random, server, () => server.redis.flushall(), 100)
    await expectWhole(server, outcome)
  }, 60_000)
})
